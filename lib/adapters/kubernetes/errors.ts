import { type ErrorCode, KubernetesError } from '../../domain/errors.ts'
import type { Answer } from './exchange.ts'
import type { Place } from './paths.ts'

/** The body of an API server's own refusal (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/). */
export interface Status {
  readonly message: string
  readonly reason: string
  readonly name: string | null
  /** What made the API server say no, in detail: which disruption budget, which field. */
  readonly causes: readonly string[]
}

/** The answer's Status, or undefined when someone else wrote it: a pod behind the proxy, a load balancer, a log file. */
export function statusOf(answer: Answer): Status | undefined {
  const body = jsonOf(answer)
  if (typeof body !== 'object' || body === null || !('kind' in body) || body.kind !== 'Status') return undefined
  const { message, reason, details } = body as {
    message?: unknown
    reason?: unknown
    details?: { name?: unknown; causes?: unknown } | null
  }
  const name = details?.name
  const causes = Array.isArray(details?.causes) ? details.causes.map((cause: unknown) => textIn(Object(cause).message)) : []
  return { message: textIn(message), reason: textIn(reason), name: typeof name === 'string' ? name : null, causes }
}

/** What a proxy that looks like an API server puts where words belong may have no text at all: JSON can name its `toString`. */
function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/**
 * True only when the API server itself says that this object is not there. A 404 of anything else (a load balancer, an unknown
 * API group) is no proof of absence, and absence is what proves an undo.
 */
export function isAbsent(answer: Answer, place: Place): boolean {
  if (answer.status !== 404) return false
  const status = statusOf(answer)
  return status?.reason === 'NotFound' && status.name !== null && status.name === place.name
}

/** What the API server's refusal means to the engine, in the server's own words after what was tried. */
export function refusal(tried: string, answer: Answer, note = ''): KubernetesError {
  const status = statusOf(answer)
  const code = codeOf(answer.status, status?.reason)
  const caller = answer.caller === undefined ? '' : `: ${answer.caller}`
  return new KubernetesError(code, answer.status, `${tried}: ${answer.status} ${wordsOf(answer, status)}${caller}${note}`, {
    retryable: code === 'unavailable',
  })
}

/** A success whose body is not what an API server sends, as of a login page or a proxy's notice. */
export function notKubernetes(tried: string, answer: Answer): KubernetesError {
  return new KubernetesError(
    'unavailable',
    answer.status,
    `${tried}: ${answer.status}, but not an answer of a Kubernetes API: ${wordsOf(answer, undefined)}`,
  )
}

/** The JSON of a success; anything else throws. */
export function jsonIn(tried: string, answer: Answer): object {
  if (answer.status < 200 || answer.status > 299) throw refusal(tried, answer)
  const body = jsonOf(answer)
  if (typeof body !== 'object' || body === null || !('kind' in body)) throw notKubernetes(tried, answer)
  return body
}

/** JSON, or undefined when it is none. */
function jsonOf({ body, text }: Answer): unknown {
  if (body !== undefined) return body
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function codeOf(status: number, reason: string | undefined): ErrorCode {
  if (status === 409) return reason === 'AlreadyExists' ? 'already_exists' : 'conflict'
  if (status === 401 || status === 403) return 'forbidden'
  if (status === 404) return 'not_found'
  if (status >= 400 && status < 500 && ![408, 410, 429].includes(status)) return 'invalid'
  return 'unavailable'
}

function wordsOf(answer: Answer, status: Status | undefined): string {
  if (status !== undefined) return status.message || status.reason
  const location = answer.headers.location
  const words = answer.text.replace(/\s+/g, ' ').trim().slice(0, 300)
  return location === undefined ? words || '(no words)' : `redirect to ${String(location)}: is this the API server's address?`
}
