import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Cluster } from '../cluster.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'
import type { Dict } from '../wire.ts'
import type { World } from '../world.ts'
import type { Endpoints } from './endpoints.ts'
import { decodeProtobuf, protobufType } from './protobuf.ts'
import { badRequest, unsupportedMedia } from './status.ts'

/** What request handlers work on. */
export interface Backend {
  readonly cluster: Cluster
  readonly world: World
  readonly kubelet: Kubelet
  readonly dialTimeoutMs: number
  readonly policiesDrop: boolean
  readonly unpullable: Set<string>
  readonly endpoints: Endpoints
  /** What each field manager applied last, by UID, for server-side apply. */
  readonly applied: Map<string, Dict>
}

/** One HTTP request with its answer still to be given. */
export class Exchange {
  readonly method: string
  readonly url: URL
  readonly body: Buffer
  readonly response: ServerResponse
  readonly #headers: IncomingMessage['headers']

  constructor(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    this.method = request.method ?? 'GET'
    this.url = new URL(request.url ?? '/', 'http://sandbox')
    this.body = body
    this.response = response
    this.#headers = request.headers
  }

  get accept(): string {
    return this.#headers.accept ?? ''
  }

  get contentType(): string {
    return (this.#headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  }

  /** Who writes: what it says of itself, else its user agent up to the first slash. */
  get manager(): string {
    return this.query('fieldManager') ?? (this.#headers['user-agent'] ?? '').split('/')[0] ?? ''
  }

  query(name: string): string | undefined {
    return this.url.searchParams.get(name) ?? undefined
  }

  flag(name: string): boolean {
    const value = this.query(name)
    return value === 'true' || value === '1' || value === ''
  }

  get dryRun(): boolean {
    const values = this.url.searchParams.getAll('dryRun')
    if (values.some((value) => value !== 'All')) throw badRequest(`Invalid value: "${values[0]}": must be one of "All"`)
    return values.length > 0
  }

  /** The body as a JSON object; an empty body is undefined. */
  json(): Dict | undefined {
    if (this.body.length === 0) return undefined
    if (this.contentType === protobufType) return decodeProtobuf(this.body)
    return this.parsed() as Dict
  }

  parsed(): unknown {
    try {
      return JSON.parse(this.body.toString('utf8'))
    } catch (cause) {
      throw badRequest(`couldn't parse the body as JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }

  /** The JSON object of a create or update; 415 when it is sent as anything else. */
  object(): Dict {
    const accepted = ['application/json', 'application/yaml', protobufType]
    if (this.contentType !== '' && !accepted.includes(this.contentType)) throw unsupportedMedia(this.contentType, accepted)
    const body = this.json()
    if (body === undefined) throw badRequest('the body of the request is empty')
    return body
  }

  send(status: number, body: unknown, headers: Record<string, string> = {}): void {
    if (this.response.destroyed || this.response.writableEnded) return
    const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
    const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
    this.response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), ...headers })
    this.response.end(text)
  }
}
