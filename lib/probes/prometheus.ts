import { readFile } from 'node:fs/promises'
import type { PrometheusConfig } from '../config.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { PrometheusSource } from '../domain/probe.ts'
import type { ProbeReading } from '../ports.ts'
import type { ExchangeOptions, HttpAnswer, HttpCall } from './exchange.ts'
import { exchange, withoutQuery } from './exchange.ts'

/** Signs a request for a region's Amazon Managed Service for Prometheus; answers with all headers to send. */
export type Signer = (call: HttpCall & { readonly body: string }, region: string) => Promise<Readonly<Record<string, string>>>

export interface PrometheusOptions extends Pick<ExchangeOptions, 'timeoutMs' | 'signal' | 'egress' | 'reach'> {
  readonly config: PrometheusConfig
  readonly sign: Signer
  /** ms since epoch: the end of a range. */
  readonly now: number
}

/**
 * Asks Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/) for one number.
 * @throws FaultlineError `invalid` with Prometheus' own words for a query it cannot read, `forbidden`, `not_found` when there is no
 * result, `unavailable` when it gave no answer
 */
export async function askPrometheus(source: PrometheusSource, options: PrometheusOptions): Promise<ProbeReading> {
  const base = source.url ?? options.config.url
  if (base === null) {
    throw new FaultlineError('bad_input', 'no Prometheus is configured: --prometheus-url or FAULTLINE_PROMETHEUS_URL')
  }
  const answer = await answerTo(callOf(source, base, options), options)
  // What another server than the configured one says may be anything: it is not repeated.
  const { result, warnings } = resultOf(answer, { base, isOurs: isConfigured(base, options.config) })
  const values = source.range === null ? instantValue(result) : rangeValues(result)
  const seen = values.filter((value) => !Number.isNaN(value))
  if (seen.length > 0) {
    const message = seen.length === 1 ? 'one value' : `${seen.length} values`
    return { value: reduce(seen, source.range?.reduce ?? 'last'), message: `${message}${warnings}` }
  }
  if (source.whenEmpty !== null) return { value: source.whenEmpty, message: `no result${warnings}` }
  const why = values.length > 0 ? 'the result is NaN (0/0: nothing was counted)' : 'the query has no result'
  throw new FaultlineError('not_found', `${why}${warnings}`)
}

/** What stands in front of a Prometheus may let only GET through: by a plain 405, or a 403 for whom "create" is not allowed. */
const refusedMethod = [403, 404, 405, 501]

/** By POST, since a query may be longer than an address; by GET where that is refused by something else than Prometheus itself. */
async function answerTo(call: HttpCall & { readonly body: string }, options: PrometheusOptions): Promise<HttpAnswer> {
  const began = performance.now()
  const ask = async (asked: HttpCall & { readonly body: string }, timeoutMs: number) => {
    const { signed, call } = await authorised(asked, options)
    const redirects = signed ? 'none' : 'same_request'
    // The owner of the installation named the configured server, wherever it is.
    const isOwners = isConfigured(asked.url, options.config)
    const egress = isOwners ? 'anywhere' : (options.egress ?? 'anywhere')
    return exchange({ ...call, body: call.method === 'GET' ? null : call.body }, { ...options, timeoutMs, redirects, egress, isOwners })
  }
  const byPost = await ask(call, options.timeoutMs)
  const leftMs = Math.ceil(options.timeoutMs - (performance.now() - began))
  if (!refusedMethod.includes(byPost.status) || isPrometheus(byPost) || leftMs <= 0) return byPost
  const byGet = await ask({ url: `${call.url}?${call.body}`, method: 'GET', headers: {}, body: '' }, leftMs).catch(() => byPost)
  return isPrometheus(byGet) ? byGet : byPost
}

function isPrometheus({ text }: HttpAnswer): boolean {
  return typeof (jsonOf(text) as { readonly status?: unknown } | null)?.status === 'string'
}

function callOf(
  { query, range }: PrometheusSource,
  base: string,
  { now, timeoutMs }: PrometheusOptions,
): HttpCall & { readonly body: string } {
  const end = now / 1000
  const timeout = `${timeoutMs}ms`
  const params =
    range === null
      ? { query, timeout }
      : { query, timeout, start: String(end - range.windowMs / 1000), end: String(end), step: String(range.stepMs / 1000) }
  return {
    url: `${base.replace(/\/+$/, '')}/api/v1/${range === null ? 'query' : 'query_range'}`,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(params).toString(),
  }
}

function isConfigured(url: string, { url: configured }: PrometheusConfig): boolean {
  return configured !== null && new URL(configured).origin === new URL(url).origin
}

/** Credentials are for the configured server; another one that a probe names gets none. A signature holds for one address only. */
async function authorised(
  call: HttpCall & { readonly body: string },
  { config, sign }: PrometheusOptions,
): Promise<{ readonly call: HttpCall; readonly signed: boolean }> {
  const { auth } = config
  if (auth.kind === 'none' || !isConfigured(call.url, config)) return { call, signed: false }
  switch (auth.kind) {
    case 'bearer':
      return { call: withAuthorization(call, `Bearer ${auth.token}`), signed: false }
    case 'bearer_file':
      return { call: withAuthorization(call, `Bearer ${(await readToken(auth.path)).trim()}`), signed: false }
    case 'basic':
      return {
        call: withAuthorization(call, `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`),
        signed: false,
      }
    case 'sigv4':
      return { call: { ...call, headers: await sign(call, auth.region) }, signed: true }
  }
}

function withAuthorization(call: HttpCall, authorization: string): HttpCall {
  return { ...call, headers: { ...call.headers, authorization } }
}

/** Read anew each time: mounted tokens are rotated. */
async function readToken(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new FaultlineError('forbidden', `the token for Prometheus cannot be read: ${Object(error).message}`, { cause: error })
  }
}

interface Result {
  readonly resultType?: unknown
  readonly result?: unknown
}

function resultOf(
  answer: HttpAnswer,
  { base, isOurs }: { readonly base: string; readonly isOurs: boolean },
): { readonly result: Result; readonly warnings: string } {
  const { status, text, contentType, complete, redirectedTo } = answer
  const json = jsonOf(text) as { status?: unknown; error?: unknown; errorType?: unknown; data?: Result | null; warnings?: unknown } | null
  if (json?.status === 'success') return { result: json.data ?? {}, warnings: warningsOf(json.warnings) }
  if (!complete) throw new FaultlineError('invalid', `the answer is larger than 1 MiB: make the query give one number`)
  const kind = contentType === '' ? '' : ` (${contentType.replace(/;.*$/, '').slice(0, 60)}, ${text.length} characters)`
  const theirs = typeof json?.error === 'string' ? json.error : undefined
  const said = theirs ?? `HTTP ${status}${isOurs && text.trim() !== '' ? `: ${text.slice(0, 120).trim()}` : kind}`
  const from = redirectedTo === null ? '' : `, after a redirect to ${redirectedTo}`
  if (status >= 300 && status < 400)
    throw new FaultlineError(
      'invalid',
      `Prometheus at ${base} answers with a redirect (HTTP ${status}${leadsTo(answer)}): give that address`,
    )
  if (status === 401 || status === 403) throw new FaultlineError('forbidden', `Prometheus at ${base} refused: ${said}${from}`)
  if (json?.errorType === 'bad_data' || json?.errorType === 'execution')
    throw new FaultlineError('invalid', `Prometheus says: ${said}${from}`)
  throw new FaultlineError('unavailable', `Prometheus at ${base} says: ${said}${from}`, { retryable: true })
}

function leadsTo({ location }: HttpAnswer): string {
  return location === null ? '' : ` to ${withoutQuery(location)}`
}

/** Of Thanos and its kin: a result that lacks what some of its stores did not answer. */
function warningsOf(warnings: unknown): string {
  const told = Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === 'string' && warning !== '') : []
  return told.length === 0 ? '' : `; Prometheus warns: ${told.slice(0, 3).join('; ').slice(0, 200)}`
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** `[time, "value"]` of a scalar, or of the one series of a vector. */
function instantValue({ resultType, result }: Result): readonly number[] {
  if (resultType === 'scalar') return [numberOf(listOf(result)[1])]
  if (resultType !== 'vector') throw new FaultlineError('invalid', `the query gives a ${kindOf(resultType)}, not a number`)
  const series = listOf(result) as readonly ({ readonly value?: unknown } | null)[]
  return onlyOne(series).map((one) => numberOf(pairOf(one?.value ?? noNumbers())[1]))
}

function rangeValues({ resultType, result }: Result): readonly number[] {
  if (resultType !== 'matrix') throw new FaultlineError('invalid', `the query gives a ${kindOf(resultType)}, not a range of numbers`)
  const series = listOf(result) as readonly ({ readonly values?: unknown } | null)[]
  return onlyOne(series).flatMap((one) => listOf(one?.values ?? noNumbers()).map((value) => numberOf(pairOf(value)[1])))
}

/** Nothing in place of an empty list is what some proxies send (`"result": null`). */
function listOf(result: unknown): readonly unknown[] {
  return Array.isArray(result) ? result : []
}

const kindOf = (resultType: unknown) => (typeof resultType === 'string' ? resultType : 'result of no known type')

/** A time and a value; Prometheus never sends anything else. */
function pairOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new FaultlineError('invalid', 'the result holds something that is no pair of a time and a value: is this Prometheus?')
}

/** A series of native histograms has `histogram` in place of `value`. */
function noNumbers(): never {
  throw new FaultlineError('invalid', 'the query gives a histogram, not a number; make it one, e.g. with histogram_quantile()')
}

function onlyOne<T>(series: readonly T[]): readonly T[] {
  if (series.length > 1)
    throw new FaultlineError('invalid', `the query gives ${series.length} series; make it one, e.g. with sum() or max()`)
  return series
}

function numberOf(text: unknown): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY
  if (text === '-Inf') return Number.NEGATIVE_INFINITY
  // Nothing, and an empty text, would count as 0.
  return typeof text === 'string' && text.trim() !== '' ? Number(text) : Number.NaN
}

function reduce(values: readonly number[], how: 'last' | 'min' | 'max' | 'avg'): number {
  switch (how) {
    case 'last':
      return values.at(-1) ?? Number.NaN
    case 'min':
      return Math.min(...values)
    case 'max':
      return Math.max(...values)
    case 'avg':
      return values.reduce((sum, value) => sum + value, 0) / values.length
  }
}
