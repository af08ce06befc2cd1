import { createServer, type Server } from 'node:net'
import { CreateBucketCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { createS3ReportStore } from '../../../lib/adapters/s3/report-store.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import { publishReports } from '../../../lib/report/publish.ts'
import { type Moto, motoCredentials, startMoto } from '../../../sandbox/aws/moto.ts'
import { gameDay } from '../../report/game-day.ts'
import { describeWith } from '../../support/tools.ts'

const region = 'eu-central-1'
const credentials = motoCredentials
const bucket = 'game-days'
const name = 'shop-game-day-20260105-090000-0a1b2c3d'

describeWith(['moto_server'], 'reports in S3', () => {
  let moto: Moto
  let client: S3Client

  beforeAll(async () => {
    moto = await startMoto()
    client = new S3Client({ region, credentials, endpoint: moto.url, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  }, 60_000)

  afterAll(() => {
    client.destroy()
    return moto.close()
  })

  const storeWith = (more: Partial<Parameters<typeof createS3ReportStore>[0]> = {}) =>
    createS3ReportStore({ bucket, region, credentials, endpoint: moto.url, ...more })

  it('open by a presigned link, with their type, and are replaced by the next of the same name', async () => {
    const store = storeWith({ prefix: 'faultline/' })
    await store.put('a b.html', 'text/html; charset=utf-8', '<p>old</p>')
    const link = await store.put('a b.html', 'text/html; charset=utf-8', '<p>new ✓</p>')
    expect(link).toMatch(/\/game-days\/faultline\/a%20b\.html\?.*X-Amz-Expires=43200/)
    const answer = await fetch(link)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<p>new ✓</p>',
    ])
  })

  it('are named in the console where links must not open by themselves', async () => {
    const store = storeWith({ prefix: 'faultline/', link: { kind: 'console' } })
    expect(await store.put('a b.html', 'text/html', '')).toBe(
      'https://eu-central-1.console.aws.amazon.com/s3/object/game-days?region=eu-central-1&prefix=faultline%2Fa%20b.html',
    )
  })

  it('are the page, the document and the test cases of a run; the link is the page', async () => {
    const link = await publishReports(storeWith(), gameDay)
    expect(new URL(link).pathname).toBe(`/game-days/${name}.html`)
    expect(await (await fetch(link)).text()).toContain('<h1>Shop game day</h1>')
    const head = (extension: string) => client.send(new HeadObjectCommand({ Bucket: bucket, Key: `${name}${extension}` }))
    const types = await Promise.all(['.json', '.xml'].map(async (extension) => (await head(extension)).ContentType))
    expect(types).toEqual(['application/json', 'application/xml'])
  })

  it('are known to be there, or not', async () => {
    const store = storeWith({ prefix: 'faultline/' })
    await store.put('here.html', 'text/html', '')
    expect([await store.has('here.html'), await store.has('gone.html')]).toEqual([true, false])
  })

  it('say which bucket is missing', async () => {
    const put = storeWith({ bucket: 'nobodys' }).put('a.html', 'text/html', '')
    await expect(put).rejects.toMatchObject({ code: 'not_found', message: 'put report s3://nobodys/a.html: there is no such bucket' })
  })
})

describe('reports that cannot be put', () => {
  let server: Server | undefined

  afterEach(() => new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve))))

  it('fail in time when S3 takes the connection and never answers', async () => {
    const sockets: { destroy(): unknown }[] = []
    const silent = createServer((socket) => sockets.push(socket))
    server = silent
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const store = createS3ReportStore({ bucket, region, credentials, endpoint, timeoutMs: 300 })
    const error = await store.put('a.html', 'text/html', 'x').catch((thrown: unknown) => thrown)
    for (const socket of sockets) socket.destroy()
    expect(error).toBeInstanceOf(FaultlineError)
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('fail as unavailable when no server listens', async () => {
    const store = createS3ReportStore({ bucket, region, credentials, endpoint: 'http://127.0.0.1:9', timeoutMs: 2_000 })
    await expect(store.put('a.html', 'text/html', 'x')).rejects.toMatchObject({ code: 'unavailable' })
  })
})
