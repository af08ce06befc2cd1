import type { IncomingMessage, ServerResponse } from 'node:http'
import { plainCopy } from '../plain.ts'
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
  /** Of an answer that is no JSON: a log, a pod's page. */
  readonly text: string
  /** Of an answer that is: the stored objects themselves, which are frozen. */
  readonly body?: object
}

/**
 * Serves one request without a socket and without JSON in between, so that a virtual clock sees all there is to wait for and a simulation
 * is fast. No watches, and no logs that are followed.
 */
export async function answerLocally(backend: Backend, request: LocalRequest): Promise<LocalAnswer> {
  const exchange = new LocalExchange(request)
  await serve(backend, exchange, () => undefined)
  return exchange.answer ?? { status: 500, headers: {}, text: 'the request hung up' }
}

/** What handlers look at of a response before they send. */
const untouched = { destroyed: false, writableEnded: false, headersSent: false, destroy: () => undefined }

class LocalExchange extends Exchange {
  answer: LocalAnswer | undefined
  readonly #body: object | undefined

  constructor({ method, path, body, contentType = 'application/json' }: LocalRequest) {
    const headers = {
      accept: 'application/json',
      'user-agent': 'faultline',
      ...(body === undefined ? {} : { 'content-type': contentType }),
    }
    super({ method, url: path, headers } as unknown as IncomingMessage, untouched as unknown as ServerResponse, Buffer.alloc(0))
    this.#body = body
  }

  override json(): Record<string, unknown> | undefined {
    return plainCopy(this.#body) as Record<string, unknown> | undefined
  }

  override parsed(): unknown {
    return this.json()
  }

  override send(status: number, body: unknown, headers: Record<string, string> = {}): void {
    if (typeof body === 'string') this.answer = { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, text: body }
    else this.answer = { status, headers: { 'content-type': 'application/json', ...headers }, text: '', body: Object(body) }
  }
}
