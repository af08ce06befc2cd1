import { query } from 'jsonpath-rfc9535'
import { FaultlineError } from '../domain/errors.ts'
import type { HttpSource } from '../domain/probe.ts'
import type { ProbeReading } from '../ports.ts'
import type { HttpAnswer } from './exchange.ts'
import { exchange } from './exchange.ts'
import { withinTime } from './regex-time-limit.ts'

/** The value of a probe whose endpoint gave no HTTP answer, or one of failure (5xx) that says nothing else: a measurement, out of every tolerance that does not name it. */
const noAnswer = 'no answer'

/**
 * Asks an HTTP endpoint. An endpoint that does not answer has answered the question whether it serves: the status is then 0, every other
 * value `no answer`. @throws FaultlineError when the body does not hold what is looked for
 */
export async function askHttp(
  source: HttpSource,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<ProbeReading> {
  const began = performance.now()
  let answer: HttpAnswer
  try {
    answer = await exchange(source, options)
  } catch (error) {
    if (!(error instanceof FaultlineError) || options.signal.aborted) throw error
    return { value: source.read.what === 'status' ? 0 : noAnswer, message: error.message }
  }
  const tookMs = Math.round((performance.now() - began) * 10) / 10
  const message = `HTTP ${answer.status} in ${tookMs} ms`
  try {
    return { value: readValue(source, answer, tookMs), message }
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'invalid' || answer.status < 500) throw error
    return { value: noAnswer, message: error.message }
  }
}

function readValue({ read }: HttpSource, { status, text }: HttpAnswer, tookMs: number): number | string {
  switch (read.what) {
    case 'status':
      return status
    case 'latency':
      return tookMs
    case 'body':
      return text.trim()
    case 'jsonpath':
      return byJsonPath(read.path, text, status)
    case 'regex':
      return byRegex(read.pattern, text, status)
  }
}

function byJsonPath(path: string, text: string, status: number): number | string {
  let json: Parameters<typeof query>[0]
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new FaultlineError('unavailable', `the body is no JSON (HTTP ${status}): ${text.slice(0, 60)}`, { cause: error })
  }
  const found = withinTime(`JSONPath ${path}`, () => query(json, path))
  const [first] = found
  if (found.length !== 1)
    throw new FaultlineError('not_found', `${path} matches ${found.length} values of the body (HTTP ${status}); one is needed`)
  return typeof first === 'number' || typeof first === 'string' ? first : JSON.stringify(first)
}

/** The first group, or all that matched where there is none; a number where it is one. */
function byRegex(pattern: string, text: string, status: number): number | string {
  const match = withinTime(`/${pattern}/`, () => new RegExp(pattern, 'mu').exec(text))
  if (match === null) throw new FaultlineError('not_found', `/${pattern}/ matches nothing of the body (HTTP ${status})`)
  const found = match[1] ?? match[0]
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(found) ? Number(found) : found
}
