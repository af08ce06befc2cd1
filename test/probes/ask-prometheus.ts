import type { PrometheusConfig } from '../../lib/config.ts'
import type { PrometheusSource } from '../../lib/domain/probe.ts'
import { askPrometheus, type Signer } from '../../lib/probes/prometheus.ts'

export const none: PrometheusConfig['auth'] = { kind: 'none' }
const unsigned: Signer = async () => {
  throw new Error('nothing is to be signed')
}

/** Asks once; nothing is signed unless the test says how. */
export function ask(
  query: string,
  config: PrometheusConfig,
  change: Partial<PrometheusSource> = {},
  rest: { sign?: Signer; timeoutMs?: number } = {},
) {
  const source: PrometheusSource = { type: 'prometheus', url: null, query, range: null, whenEmpty: null, ...change }
  const options = { timeoutMs: 5_000, signal: new AbortController().signal, sign: unsigned, ...rest }
  return askPrometheus(source, { ...options, config, now: Date.now() })
}
