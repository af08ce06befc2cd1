import { query } from 'jsonpath-rfc9535'
import { FaultlineError } from '../domain/errors.ts'
import { noAnswer } from '../domain/kept-value.ts'
import type { HttpSource } from '../domain/probe.ts'
import type { ProbeReading } from '../ports.ts'
import type { ExchangeOptions, HttpAnswer } from './exchange.ts'
import { exchange, largestBody } from './exchange.ts'
import { withinTime } from './regex-time-limit.ts'
import { warmUp } from './warm-up.ts'

/**
 * Asks an HTTP endpoint. An endpoint that does not answer has answered the question whether it serves: the status is then 0, every other
 * value `no answer`. @throws FaultlineError when the body does not hold what is looked for; `refused` for an address that probes may not reach
 */
export async function askHttp(
  source: HttpSource,
  options: Pick<ExchangeOptions, 'timeoutMs' | 'signal' | 'egress' | 'reach'>,
  ready: () => Promise<void> = warmUp,
): Promise<ProbeReading> {
  if (source.read.what === 'latency') await ready()
  // Read before the clock runs: a secret that is fetched is no latency of the endpoint's.
  if (source.read.what === 'latency') await options.reach?.(new URL(source.url))
  const began = performance.now()
  let answer: HttpAnswer
  try {
    answer = await exchange(source, options)
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'refused' || options.signal.aborted) throw error
    return { value: source.read.what === 'status' ? 0 : noAnswer, message: error.message }
  }
  const tookMs = Math.round((performance.now() - began) * 10) / 10
  const cut = answer.complete ? '' : `, its body cut after ${mebibytes}`
  const message = `HTTP ${answer.status} in ${tookMs} ms${cut}${answer.redirectedTo === null ? '' : `, redirected to ${answer.redirectedTo}`}`
  try {
    return { value: readValue(source, answer, tookMs), message }
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'invalid' || answer.status < 500) throw error
    return { value: noAnswer, message: error.message }
  }
}

function readValue({ read }: HttpSource, answer: HttpAnswer, tookMs: number): number | string {
  switch (read.what) {
    case 'status':
      return answer.status
    case 'latency':
      return tookMs
    case 'body':
      return answer.text.trim()
    case 'jsonpath':
      return byJsonPath(read.path, answer)
    case 'regex':
      return byRegex(read.pattern, answer)
  }
}

function byJsonPath(path: string, answer: HttpAnswer): number | string {
  const json = jsonOf(answer)
  const found = withinTime(`JSONPath ${path}`, () => query(json, path))
  const [first] = found
  if (found.length !== 1)
    throw new FaultlineError('not_found', `${path} matches ${found.length} values of ${bodyOf(answer)}; one is needed`)
  return typeof first === 'number' || typeof first === 'string' ? first : JSON.stringify(first)
}

/** What else the body is, is not told: it may hold secrets, and messages are stored. */
function jsonOf(answer: HttpAnswer): Parameters<typeof query>[0] {
  try {
    return JSON.parse(answer.text)
  } catch {
    const why = answer.complete ? '' : `: it is cut after ${mebibytes}, and no JSON then`
    throw new FaultlineError('unavailable', `${bodyOf(answer)} is no JSON${why}`)
  }
}

/** The first group, or all that matched where there is none; a number where it is one. */
function byRegex(pattern: string, answer: HttpAnswer): number | string {
  const match = withinTime(`/${pattern}/`, () => new RegExp(pattern, 'mu').exec(answer.text))
  if (match === null) throw new FaultlineError('not_found', `/${pattern}/ matches nothing of ${bodyOf(answer)}`)
  const found = match[1] ?? match[0]
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(found) ? Number(found) : found
}

const mebibytes = `${largestBody / 1024 / 1024} MiB`

function bodyOf({ status, contentType, text, complete, redirectedTo }: HttpAnswer): string {
  const size = complete ? `${text.length} characters` : `more than ${mebibytes}, of which the first is read`
  const kind = contentType === '' ? '' : `, ${contentType.replace(/;.*$/, '').slice(0, 60)}`
  return `the body (HTTP ${status}${kind}, ${size}${redirectedTo === null ? '' : `, from ${redirectedTo}`})`
}
