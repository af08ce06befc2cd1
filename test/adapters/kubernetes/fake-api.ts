import { createServer as createPlain, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecure, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** What the fake answers: nothing at all, a broken connection, or a response whose object body goes as JSON. */
export type Reply =
  | 'hang'
  | 'reset'
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }

export interface FakeApi {
  readonly url: string
  readonly seen: readonly Seen[]
  /** TCP connections accepted so far. */
  sockets(): number
  /** Most requests that were open at once. */
  busiest(): number
  close(): Promise<void>
}

export type Script = (request: Seen, n: number, raw: { request: IncomingMessage; response: ServerResponse }) => Reply | Promise<Reply>

/** A server that answers request number `n` (from 0) as the script says. */
export async function startFakeApi(script: Script, tls?: ServerOptions): Promise<FakeApi> {
  const seen: Seen[] = []
  let accepted = 0
  let open = 0
  let busiest = 0
  const listener: RequestListener = async (request, response) => {
    open += 1
    busiest = Math.max(busiest, open)
    response.on('close', () => {
      open -= 1
    })
    const entry = { method: String(request.method), url: String(request.url), headers: request.headers, body: await bodyOf(request) }
    const n = seen.push(entry) - 1
    send(await script(entry, n, { request, response }), request.socket, response)
  }
  const server = tls === undefined ? createPlain(listener) : createSecure(tls, listener)
  server.on('connection', () => {
    accepted += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    seen,
    sockets: () => accepted,
    busiest: () => busiest,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A refusal in the form of a real API server. */
export function status(code: number, reason: string, message: string, details: object = {}): { status: number; body: object } {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code } }
}

export const podNotFound = (name: string) => status(404, 'NotFound', `pods "${name}" not found`, { name, kind: 'pods' })

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text === '' ? undefined : JSON.parse(text)
}

function send(reply: Reply, socket: Socket, response: ServerResponse): void {
  if (reply === 'hang') return
  if (reply === 'reset') {
    socket.resetAndDestroy()
    return
  }
  const { body = {} } = reply
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  response.writeHead(reply.status ?? 200, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    ...reply.headers,
  })
  response.end(text)
}
