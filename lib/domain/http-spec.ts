/** What becomes of requests, as the suite file spells it. */
export const httpKinds = ['abort', 'delay'] as const
export type HttpKind = (typeof httpKinds)[number]

/** A request's header, by its value or a pattern of it. */
export interface HeaderMatch {
  readonly name: string
  readonly value: string
}

/** Requests of HTTP/1 fail or take longer; all conditions hold together, empty ones mean any. */
export interface HttpSpec {
  readonly type: 'http_fault'
  readonly kind: HttpKind
  readonly direction: 'in' | 'out'
  readonly ports: readonly number[]
  readonly methods: readonly string[]
  /** With `*` for any characters; null: any. */
  readonly path: string | null
  readonly headers: readonly HeaderMatch[]
  /** Of the requests that are meant, each by its own chance. */
  readonly sharePercent: number
  /** Of an abort; 0: the connection is closed without an answer. */
  readonly status: number
  readonly delayMs: number
  /** The kubelet's probes are not met. */
  readonly keepProbes: boolean
  /** As for a partition. */
  readonly allowUnused?: true
}
