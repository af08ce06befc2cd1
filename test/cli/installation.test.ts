import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { findInstallation } from '../../cli/remote/installation.ts'
import { readDeployment } from '../../functions/shared/deployment.ts'
import { serve, type TestServer } from '../support/http-server.ts'

const variables = {
  AWS_ACCESS_KEY_ID: 'AKIAANN',
  AWS_SECRET_ACCESS_KEY: 'hers',
  AWS_REGION: 'eu-west-1',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
}
const before = { ...process.env }
let state: string
let file: string
let server: TestServer
const asked: { readonly path: string; readonly authorization: string }[] = []

beforeEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, variables)
  state = mkdtempSync(join(tmpdir(), 'faultline-installation-'))
  file = join(state, 'config.json')
  asked.length = 0
  server = await serve((request, response) => {
    asked.push({ path: request.url ?? '', authorization: String(request.headers.authorization) })
    const outputs = `<Outputs><member><OutputKey>HaltUrl</OutputKey><OutputValue>${server.url}/halt</OutputValue></member></Outputs>`
    const stack = `<R><DescribeStacksResult><Stacks><member>${outputs}</member></Stacks></DescribeStacksResult></R>`
    const isStack = request.url === '/'
    response.writeHead(200, isStack ? {} : { 'faultline-interface': '1' }).end(isStack ? stack : '{"happened":"done"}')
  })
  process.env.AWS_ENDPOINT_URL = server.url
})

afterEach(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, before)
  rmSync(state, { recursive: true })
  await server.close()
})

const find = (name: string) => findInstallation(name, { state }, { env: { FAULTLINE_CONFIG: file } })
const configured = (installations: object) =>
  writeFileSync(file, JSON.stringify({ clusters: { c: { url: 'http://127.0.0.1:1' } }, installations }))

it('a stage without an entry is asked for its URLs once, and its functions are asked for service lambda in that region', async () => {
  configured({})
  const installation = await find('prod')
  expect([await installation.ask('halt', {}), await installation.ask('halt', {})]).toEqual([{ happened: 'done' }, { happened: 'done' }])
  expect(asked.map(({ path, authorization }) => [path, /\d{8}\/([^,]+)\/aws4_request/.exec(authorization)?.[1]])).toEqual([
    ['/', 'eu-west-1/cloudformation'],
    ['/halt', 'eu-west-1/lambda'],
    ['/halt', 'eu-west-1/lambda'],
  ])
})

it('URLs and the region of an entry come before those of the stack and of the environment', async () => {
  configured({ ops: { stage: 'prod', region: 'us-east-1', urls: { look: `${server.url}/configured` } } })
  const installation = await find('ops')
  await installation.ask('look', { action: 'status' })
  await installation.ask('halt', {})
  expect(asked.map(({ path, authorization }) => [path, authorization.includes('/us-east-1/')])).toEqual([
    ['/configured', true],
    ['/', true],
    ['/halt', true],
  ])
})

it('an installation without a URL for a function is an older one', async () => {
  configured({})
  await expect((await find('prod')).ask('resume', {})).rejects.toThrow(
    'installation prod has no URL for resume: it was deployed by an older version; deploy it again',
  )
})

it('without a region, or without credentials, says what to set', async () => {
  configured({})
  delete process.env.AWS_REGION
  await expect(find('prod')).rejects.toThrow('in which region is prod? Set AWS_REGION, the profile')
  Object.assign(process.env, { AWS_REGION: 'eu-west-1' })
  delete process.env.AWS_ACCESS_KEY_ID
  await expect((await find('prod')).ask('halt', {})).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('no AWS credentials'),
  })
  expect(asked).toEqual([])
})

it('an entry with a misspelt key is told with its place', async () => {
  configured({ prod: { regoin: 'eu-west-1' } })
  await expect(find('prod')).rejects.toThrow(/installations\.prod.*`regoin`: did you mean `region`/)
})

it('a deployment takes the file with its installations, which are no business of a function', () => {
  configured({ prod: { region: 'eu-west-1' } })
  expect(readDeployment(file, 'prod')).not.toHaveProperty('installations')
})
