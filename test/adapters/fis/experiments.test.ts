import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { activeExperiments } from '../../../lib/adapters/fis/experiments.ts'
import { serve, type TestServer } from '../../support/http-server.ts'

const before = process.env.AWS_ENDPOINT_URL
const credentials = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' })
let asked: { readonly path: string; readonly authorization: string }[] = []
let pages: Readonly<Record<string, object>>
let server: TestServer

beforeEach(async () => {
  asked = []
  server = await serve((request, response) => {
    const path = request.url ?? ''
    asked.push({ path, authorization: request.headers.authorization ?? '' })
    const page = pages[path]
    response.writeHead(page === undefined ? 403 : 200, page === undefined ? { 'x-amzn-errortype': 'AccessDeniedException' } : {})
    response.end(JSON.stringify(page ?? { message: 'not allowed' }))
  })
  process.env.AWS_ENDPOINT_URL = server.url
})

afterEach(async () => {
  if (before === undefined) delete process.env.AWS_ENDPOINT_URL
  else process.env.AWS_ENDPOINT_URL = before
  await server.close()
})

const ask = () => activeExperiments({ region: 'eu-central-1', credentials })
const arn = 'arn:aws:ec2:eu-central-1:123456789012:instance/i-0aa1'

it('those that are not over are read to the last page, with what they act on, and each call is signed', async () => {
  pages = {
    '/experiments?maxResults=100': {
      experiments: [
        { id: 'EXPold', state: { status: 'completed' } },
        { id: 'EXPrun', state: { status: 'running' } },
      ],
      nextToken: 'a b',
    },
    '/experiments?maxResults=100&nextToken=a%20b': { experiments: [{ id: 'EXPnew', state: { status: 'initiating' } }] },
    '/experiments/EXPrun': { experiment: { targets: { all: { resourceType: 'aws:ec2:instance', resourceTags: { app: 'x' } } } } },
    '/experiments/EXPrun/resolvedTargets?maxResults=100': {
      resolvedTargets: [{ resourceType: 'aws:ec2:instance', targetName: 'all', targetInformation: { arn } }],
    },
    '/experiments/EXPnew': { experiment: { targets: { one: { resourceType: 'aws:ec2:instance', resourceArns: [arn] } } } },
    '/experiments/EXPnew/resolvedTargets?maxResults=100': { resolvedTargets: [] },
  }
  expect(await ask()).toEqual([
    {
      ...{ id: 'EXPrun', status: 'running' },
      targets: [{ resourceType: 'aws:ec2:instance', resourceArns: [], parameters: {} }],
      resolved: [{ resourceType: 'aws:ec2:instance', information: [arn] }],
    },
    {
      ...{ id: 'EXPnew', status: 'initiating' },
      targets: [{ resourceType: 'aws:ec2:instance', resourceArns: [arn], parameters: {} }],
      resolved: [],
    },
  ])
  expect(asked.map(({ path }) => path).filter((path) => path.includes('EXPold'))).toEqual([])
  expect(asked.every(({ authorization }) => /AKIDEXAMPLE\/\d+\/eu-central-1\/fis\/aws4_request/.test(authorization))).toBe(true)
})

it('a refusal says what was tried, and where', async () => {
  pages = {}
  await expect(ask()).rejects.toMatchObject({
    code: 'forbidden',
    message: "list experiments of AWS FIS in eu-central-1: not allowed (check the role's policy)",
  })
})
