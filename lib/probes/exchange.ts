import { FaultlineError } from '../domain/errors.ts'

/** More of an answer is never read. */
const largestBody = 1024 * 1024

export interface HttpAnswer {
  readonly status: number
  /** As UTF-8; cut off after 1 MiB. */
  readonly text: string
}

export interface HttpCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** One HTTP exchange, bounded in time and size. @throws FaultlineError `unavailable` when there was no answer in time, with the reason */
export async function exchange(call: HttpCall, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<HttpAnswer> {
  const { url, method, headers, body } = call
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
  try {
    const response = await fetch(url, { method, headers, ...(body === null ? {} : { body }), signal })
    return { status: response.status, text: await readUpTo(response, largestBody) }
  } catch (error) {
    const why = signal.aborted && !options.signal.aborted ? `no answer within ${options.timeoutMs / 1000} s` : causeOf(error)
    throw new FaultlineError('unavailable', `${method} ${withoutQuery(url)}: ${why}`, { retryable: true, cause: error })
  }
}

async function readUpTo(response: Response, most: number): Promise<string> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let left = most
  for await (const chunk of response.body) {
    chunks.push(chunk.subarray(0, left))
    left -= chunk.length
    if (left <= 0) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `fetch failed` says nothing; its cause does, and of many causes the first. */
function causeOf(error: unknown): string {
  const { cause, errors, message, code } = Object(error) as {
    cause?: unknown
    errors?: readonly unknown[]
    message?: string
    code?: string
  }
  if (cause !== undefined) return causeOf(cause)
  if (errors?.[0] !== undefined) return causeOf(errors[0])
  return message || code || String(error)
}

/** A query may hold secrets. */
function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '')
}
