import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Backend, Exchange } from './exchange.ts'
import { serve } from './server.ts'

/** A request that does not travel: what a simulation asks of the API in its own process. */
export interface LocalRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly body?: object
  readonly contentType?: string
}

export interface LocalAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Serves one request without a socket, so that a virtual clock sees all there is to wait for. No watches, and no logs that are followed. */
export async function answerLocally(
  backend: Backend,
  { method, path, body, contentType = 'application/json' }: LocalRequest,
): Promise<LocalAnswer> {
  const headers = { accept: 'application/json', 'user-agent': 'faultline', ...(body === undefined ? {} : { 'content-type': contentType }) }
  const response = new LocalResponse()
  const request = { method, url: path, headers } as unknown as IncomingMessage
  const text = body === undefined ? '' : JSON.stringify(body)
  await serve(backend, new Exchange(request, response as unknown as ServerResponse, Buffer.from(text)), () => undefined)
  return { status: response.status, headers: response.headers, text: response.text }
}

/** What `Exchange.send` needs of a response. */
class LocalResponse {
  destroyed = false
  headersSent = false
  writableEnded = false
  status = 0
  headers: Record<string, string> = {}
  text = ''

  writeHead(status: number, headers: Record<string, string | number>): void {
    this.status = status
    this.headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))
    this.headersSent = true
  }

  end(text = ''): void {
    this.text = text
    this.writableEnded = true
  }

  destroy(): void {
    this.destroyed = true
  }
}
