import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Clock } from '../../ports.ts'
import { type Access, type AccessSource, sameAccess, sameTls, type Tls } from './access.ts'
import { createDispatcher, type PoolOptions } from './dispatcher.ts'
import type { KubeCluster } from './kubeconfig.ts'
import { noAnswer } from './no-answer.ts'
import { within } from './timeout.ts'

/** One HTTP request, without its credentials. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: object
  readonly contentType?: string
  /** Reads no more than this, and of a success nothing that might not end; a body that breaks off is no error then. */
  readonly maxBytes?: number
}

/** What came back, from whomever. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The JSON of the text, from an exchange that has it at hand; the text is empty then. */
  readonly body?: object
  /** False when the body broke off or was cut at `maxBytes`. */
  readonly complete: boolean
  /** Of a 401: who was refused, and where that stands. */
  readonly caller?: string
  /** An earlier attempt of the same call may have been carried out: its answer was lost, or an error of the server's own. */
  readonly afterLost?: boolean
}

/** Sends single requests to one API server over its shared connections; no retries here. */
export class Exchange {
  readonly #origin: string
  readonly #prefix: string
  readonly #cluster: KubeCluster
  readonly #credentials: AccessSource
  readonly #clock: Clock
  readonly #poolOptions: PoolOptions
  #pool: { readonly tls: Tls; readonly dispatcher: Dispatcher } | undefined

  constructor(options: { cluster: KubeCluster; credentials: AccessSource; clock: Clock; pool: PoolOptions }) {
    const server = new URL(options.cluster.server)
    this.#origin = server.origin
    this.#prefix = server.pathname.replace(/\/+$/, '')
    this.#cluster = options.cluster
    this.#credentials = options.credentials
    this.#clock = options.clock
    this.#poolOptions = options.pool
  }

  /** Rejects with `NoAnswer` only. A 401 is tried once more when the credentials can be renewed. */
  async send(call: Call, timeoutMs: number): Promise<Answer> {
    let started = false
    try {
      return await within(this.#clock, timeoutMs, async (signal) => {
        const access = await this.#credentials.read()
        started = true
        const answer = this.#told(await this.#request(call, access, signal))
        if (answer.status !== 401 || !this.#credentials.renew(access)) return answer
        const renewed = await this.#credentials.read()
        return sameAccess(renewed, access) ? answer : this.#told(await this.#request(call, renewed, signal))
      })
    } catch (error) {
      throw noAnswer(error, { server: this.#origin, started })
    }
  }

  /** The text of a success as it comes; an answer that is none comes as itself. Rejects with `NoAnswer` only. */
  async *stream(call: Call, signal: AbortSignal): AsyncGenerator<string | Answer> {
    let started = false
    try {
      const access = await this.#credentials.read()
      started = true
      const response = await this.#begin(call, access, signal)
      if (response.statusCode >= 300) {
        yield { status: response.statusCode, headers: response.headers, text: await response.body.text(), complete: true }
        return
      }
      const decoder = new TextDecoder()
      for await (const chunk of response.body as AsyncIterable<Buffer>) yield decoder.decode(chunk, { stream: true })
    } catch (error) {
      throw noAnswer(error, { server: this.#origin, started })
    }
  }

  /** Calls still under way fail. */
  async close(): Promise<void> {
    await this.#pool?.dispatcher.destroy()
  }

  #told(answer: Answer): Answer {
    const { caller } = this.#credentials
    return answer.status !== 401 || caller === undefined ? answer : { ...answer, caller }
  }

  async #request(call: Call, access: Access, signal: AbortSignal): Promise<Answer> {
    const response = await this.#begin(call, access, signal)
    const { text, complete } =
      call.maxBytes === undefined ? { text: await response.body.text(), complete: true } : await beginning(response, call.maxBytes)
    return { status: response.statusCode, headers: response.headers, text, complete }
  }

  #begin(call: Call, access: Access, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const query = new URLSearchParams(call.query).toString()
    return this.#dispatcherFor(access.tls).request({
      origin: this.#origin,
      path: `${this.#prefix}${call.path}${query === '' ? '' : `${call.path.includes('?') ? '&' : '?'}${query}`}`,
      method: call.method,
      headers: { accept: 'application/json, */*', 'user-agent': 'faultline', ...contentType(call), ...sendable(access) },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      // A DELETE has a body here, after which undici would give up the connection: the next call would need another one, and its TLS.
      reset: false,
      signal,
    })
  }

  #dispatcherFor(tls: Tls): Dispatcher {
    if (this.#pool === undefined || !sameTls(this.#pool.tls, tls)) {
      const old = this.#pool?.dispatcher
      this.#pool = { tls, dispatcher: createDispatcher(this.#cluster, tls, this.#poolOptions) }
      // Lets calls under way finish; whatever goes wrong with them is theirs to report.
      old?.close().catch(() => {})
    }
    return this.#pool.dispatcher
  }
}

/** A list is sent as several headers of one name. */
function sendable({ headers }: Access): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]))
}

function contentType(call: Call): Record<string, string> {
  return call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }
}

async function beginning(response: Dispatcher.ResponseData, maxBytes: number): Promise<{ text: string; complete: boolean }> {
  const { body, statusCode, headers } = response
  const ends = Number(headers['content-length']) <= maxBytes
  if (statusCode < 400 && !ends) {
    // Its headers are answer enough; the connection is given up.
    body.on('error', () => {}).destroy()
    return { text: '', complete: false }
  }
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= maxBytes) break
    }
  } catch {
    return { text: Buffer.concat(chunks).toString('utf8'), complete: false }
  }
  return { text: Buffer.concat(chunks).toString('utf8').slice(0, maxBytes), complete: size < maxBytes }
}
