import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { discoveryFor, versionInfo } from './discovery.ts'
import { type Backend, Exchange } from './exchange.ts'
import { handleResource } from './handlers.ts'
import { openapiFor, openapiV2 } from './openapi.ts'
import { pause } from './proxy.ts'
import { reviewFor } from './reviews.ts'
import { parseRoute } from './route.ts'
import { noSuchPath, StatusError } from './status.ts'

/** A request as a test that disturbs it sees it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

/** What is done to a request instead of, or before, serving it. */
export interface Disturbance {
  /** Answers with this code and a Status. */
  readonly status?: number
  /** Seconds for the Retry-After header. */
  readonly retryAfter?: number
  /** Waits on the cluster's clock first; without anything else the request is then served. */
  readonly delayMs?: number
  /** Never answers. */
  readonly hang?: boolean
  /** Resets the connection. */
  readonly drop?: boolean
}

export type Disturb = (request: SeenRequest) => Disturbance | undefined

/** A listening server; `close` also ends open watches and followed logs. */
export interface Listening {
  readonly url: string
  close(): Promise<void>
}

/** Listens on 127.0.0.1; port 0 takes any free one. */
export async function listen(port: number, handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Listening> {
  const server: Server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, handle)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Serves the Kubernetes API of a cluster, with the disturbances a test asks for. */
export function serveApi(backend: Backend, port: number, disturb: Disturb): Promise<Listening> {
  return listen(port, (request, response) => {
    void answer(backend, request, response, disturb)
  })
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function answer(backend: Backend, request: IncomingMessage, response: ServerResponse, disturb: Disturb): Promise<void> {
  try {
    await serve(backend, new Exchange(request, response, await readBody(request)), disturb)
  } catch {
    response.destroy()
  }
}

/** Answers one request, however it came. */
export async function serve(backend: Backend, exchange: Exchange, disturb: Disturb): Promise<void> {
  try {
    if (await disturbed(backend, exchange, disturb)) return
    await dispatch(backend, exchange)
  } catch (error) {
    fail(exchange, error)
  }
}

async function disturbed(backend: Backend, exchange: Exchange, disturb: Disturb): Promise<boolean> {
  const { url, method, response } = exchange
  const disturbance = disturb({ method, path: url.pathname, query: url.searchParams })
  if (disturbance === undefined) return false
  const { status, retryAfter, delayMs, hang, drop } = disturbance
  if (delayMs !== undefined) await pause(backend, delayMs)
  if (hang) return true
  if (drop) {
    response.socket?.resetAndDestroy()
    return true
  }
  if (status === undefined) return false
  const reasons: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    409: 'Conflict',
    429: 'TooManyRequests',
    500: 'InternalError',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  }
  const details = retryAfter === undefined ? {} : { details: { retryAfterSeconds: retryAfter } }
  const error = new StatusError({
    code: status,
    reason: reasons[status] ?? 'Unknown',
    message: `disturbed by the sandbox: HTTP ${status}`,
    ...details,
  })
  exchange.send(status, error.toStatus(), retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) })
  return true
}

async function dispatch(backend: Backend, exchange: Exchange): Promise<void> {
  const path = exchange.url.pathname.replace(/(.)\/+$/, '$1')
  if (path === '/version') return exchange.send(200, versionInfo)
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return exchange.send(200, 'ok')
  const found = discoveryFor(path, exchange.url.host) ?? openapiFor(path)
  if (found !== undefined) return exchange.send(200, found)
  if (path === '/openapi/v2') return sendOpenapiV2(exchange)
  const review = reviewFor(backend, exchange)
  if (review !== undefined) return exchange.send(201, review)
  if (!path.startsWith('/api')) throw noSuchPath()
  return handleResource(backend, parseRoute(exchange.url.pathname), exchange)
}

function sendOpenapiV2(exchange: Exchange): void {
  const onlyProtobuf = exchange.accept.includes('protobuf') && !exchange.accept.includes('json')
  if (onlyProtobuf) throw new StatusError({ code: 406, reason: 'NotAcceptable', message: 'only application/json is served' })
  exchange.send(200, openapiV2())
}

function fail(exchange: Exchange, error: unknown): void {
  const known = error instanceof StatusError
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const status = known ? error : new StatusError({ code: 500, reason: 'InternalError', message: `the sandbox failed: ${text}` })
  if (exchange.response.headersSent) exchange.response.destroy()
  else exchange.send(status.code, status.toStatus())
}
