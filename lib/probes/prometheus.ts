import { readFile } from 'node:fs/promises'
import type { PrometheusConfig } from '../config.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { PrometheusSource } from '../domain/probe.ts'
import type { ProbeReading } from '../ports.ts'
import type { HttpAnswer, HttpCall } from './exchange.ts'
import { exchange } from './exchange.ts'

/** Signs a request for a region's Amazon Managed Service for Prometheus; answers with all headers to send. */
export type Signer = (call: HttpCall & { readonly body: string }, region: string) => Promise<Readonly<Record<string, string>>>

export interface PrometheusOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
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
  const call = await authorised(callOf(source, base, options), options)
  const answer = await exchange(call, options)
  const result = resultOf(answer, base)
  const values = source.range === null ? instantValue(result) : rangeValues(result)
  const seen = values.filter((value) => !Number.isNaN(value))
  if (seen.length > 0)
    return { value: reduce(seen, source.range?.reduce ?? 'last'), message: `${seen.length === 1 ? 'one value' : `${seen.length} values`}` }
  if (source.whenEmpty !== null) return { value: source.whenEmpty, message: 'no result' }
  throw new FaultlineError('not_found', values.length > 0 ? 'the result is NaN (0/0: nothing was counted)' : 'the query has no result')
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

/** Credentials are for the configured server; another one that a probe names gets none. */
async function authorised(call: HttpCall & { readonly body: string }, { config, sign }: PrometheusOptions): Promise<HttpCall> {
  if (config.url === null || new URL(config.url).origin !== new URL(call.url).origin) return call
  const { auth } = config
  switch (auth.kind) {
    case 'none':
      return call
    case 'bearer':
      return withAuthorization(call, `Bearer ${auth.token}`)
    case 'bearer_file':
      return withAuthorization(call, `Bearer ${(await readToken(auth.path)).trim()}`)
    case 'basic':
      return withAuthorization(call, `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`)
    case 'sigv4':
      return { ...call, headers: await sign(call, auth.region) }
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
  readonly resultType?: string
  readonly result?: unknown
}

function resultOf({ status, text }: HttpAnswer, base: string): Result {
  const json = jsonOf(text) as { status?: string; error?: string; errorType?: string; data?: Result } | null
  if (json?.status === 'success') return json.data ?? {}
  const said = json?.error ?? `HTTP ${status}: ${text.slice(0, 120).trim()}`
  if (status === 401 || status === 403) throw new FaultlineError('forbidden', `Prometheus at ${base} refused: ${said}`)
  if (json?.errorType === 'bad_data' || json?.errorType === 'execution') throw new FaultlineError('invalid', `Prometheus says: ${said}`)
  throw new FaultlineError('unavailable', `Prometheus at ${base} says: ${said}`, { retryable: true })
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
  if (resultType === 'scalar') return [numberOf((result as readonly unknown[])[1])]
  if (resultType !== 'vector') throw new FaultlineError('invalid', `the query gives a ${resultType}, not a number`)
  const series = result as readonly { readonly value?: readonly unknown[] }[]
  return onlyOne(series).map(({ value }) => numberOf((value ?? noNumbers())[1]))
}

function rangeValues({ resultType, result }: Result): readonly number[] {
  if (resultType !== 'matrix') throw new FaultlineError('invalid', `the query gives a ${resultType}, not a range of numbers`)
  const series = result as readonly { readonly values?: readonly (readonly unknown[])[] }[]
  return onlyOne(series).flatMap(({ values }) => (values ?? noNumbers()).map((value) => numberOf(value[1])))
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
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text)
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
