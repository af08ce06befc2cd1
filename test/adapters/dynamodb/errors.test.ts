import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterEach, describe, expect, test } from '@jest/globals'
import { createDynamoClient } from '../../../lib/adapters/dynamodb/client.ts'
import { toStoreError } from '../../../lib/adapters/dynamodb/errors.ts'
import { createDynamoStore } from '../../../lib/adapters/dynamodb/store.ts'
import { FaultlineError, StoreUnavailable } from '../../../lib/domain/errors.ts'
import type { Store } from '../../../lib/ports.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let server: Server | undefined
let store: Store | undefined

afterEach(async () => {
  await store?.close()
  server?.closeAllConnections()
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  server = undefined
})

async function storeAt(port: number): Promise<Store> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = createDynamoClient({ region: 'local', endpoint: `http://127.0.0.1:${port}`, credentials, timeoutMs: 150, maxAttempts: 1 })
  inThisRealm(client)
  store = createDynamoStore({ client, table: 'faultline', clock: new VirtualClock() })
  return store
}

/** Jest runs a test in a realm of its own, and the SDK wraps (without its code) what is no `instanceof` that realm's Error, as Node's own errors are. */
function inThisRealm(client: DynamoDBDocumentClient): void {
  const translate = (error: Error): never => {
    throw error instanceof Error ? error : Object.assign(new Error(), error)
  }
  client.middlewareStack.add((next) => (args) => next(args).catch(translate), { step: 'deserialize', priority: 'low' })
}

async function serving(listener: RequestListener): Promise<Store> {
  const started = createServer(listener)
  server = started
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve))
  return storeAt((started.address() as AddressInfo).port)
}

/** No process listens there any more. */
async function deafPort(): Promise<number> {
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  return port
}

const saying = (status: number, type: string) =>
  serving((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'so it is' }))
  })

const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a store that cannot be reached', () => {
  test('a refused connection is StoreUnavailable with its cause, and says what was tried', async () => {
    const error = await errorOf((await storeAt(await deafPort())).runs.load('r1'))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ code: 'unavailable', retryable: true, cause: { code: 'ECONNREFUSED' } })
    expect(error).toMatchObject({ message: 'the store did not answer: query items of RUN#r1 in table faultline' })
  })

  test('a server that never answers is StoreUnavailable, not a hanging driver', async () => {
    const error = await errorOf((await serving(() => {})).runs.load('r1'))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error).toMatchObject({ cause: { name: 'TimeoutError' } })
  })

  test('a server that stops in the middle of its answer is StoreUnavailable', async () => {
    const half = await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0', 'content-length': '100' })
      response.write('{"Item":')
    })
    expect(await errorOf(half.runs.load('r1'))).toBeInstanceOf(StoreUnavailable)
  })

  test('a connection that breaks is StoreUnavailable', async () => {
    const breaking = await serving((request) => request.socket.destroy())
    expect(await errorOf(breaking.locks.acquire('k', 'r1'))).toBeInstanceOf(StoreUnavailable)
  })
})

describe('a store that says no', () => {
  test.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'])(
    '%s is StoreUnavailable',
    async (type) => {
      expect(await errorOf((await saying(400, type)).runs.due(0))).toBeInstanceOf(StoreUnavailable)
    },
  )

  test.each([500, 502, 503])('status %i is StoreUnavailable', async (status) => {
    expect(await errorOf((await saying(status, 'Whatever')).runs.due(0))).toBeInstanceOf(StoreUnavailable)
  })

  test.each([
    ['ResourceNotFoundException', 'not_found'],
    ['AccessDeniedException', 'forbidden'],
    ['ExpiredTokenException', 'forbidden'],
    ['ValidationException', 'invalid'],
  ])('%s is no outage: code %s, not to be tried again', async (type, code) => {
    const error = await errorOf((await saying(400, type)).runs.load('r1'))
    expect(error).toBeInstanceOf(FaultlineError)
    expect(error).toMatchObject({ code, retryable: false, cause: { name: type } })
  })

  test('controls that the store leaves unread are StoreUnavailable, never "nothing is set"', async () => {
    const stingy = await serving((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
        response.end(JSON.stringify({ Responses: {}, UnprocessedKeys: JSON.parse(body).RequestItems }))
      })
    })
    expect(await errorOf(stingy.controls.read({ id: 'r1', suite: 'Quick' }))).toBeInstanceOf(StoreUnavailable)
  })
})

describe('what is not the store', () => {
  test('a bug stays the error it is', () => {
    const bug = new TypeError('x is not a function')
    expect(toStoreError(bug, 'get')).toBe(bug)
  })
})
