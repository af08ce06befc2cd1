import type { PrometheusConfig } from '../config.ts'
import { askPrometheus, type PrometheusOptions } from './prometheus.ts'

/** A server that answers the simplest question late answers every probe too late. */
const timeoutMs = 5_000

/** Asks the configured Prometheus the simplest question, and says that it answered. @throws FaultlineError why it did not */
export async function askForOne(config: PrometheusConfig, sign: PrometheusOptions['sign'], now: number): Promise<string> {
  const source = { type: 'prometheus', url: null, query: 'vector(1)', range: null, whenEmpty: null } as const
  await askPrometheus(source, { config, sign, now, timeoutMs, signal: new AbortController().signal })
  return `${config.url} answers PromQL`
}
