import type { PrometheusConfig } from '../config.ts'
import type { CloudWatchSource } from '../domain/probe.ts'
import type { Endpoint, SecretReference } from '../endpoint-settings.ts'
import type { Clock, Cluster, ProbePort, ProbeReading } from '../ports.ts'
import type { Egress } from './egress.ts'
import { askHttp } from './http.ts'
import { askKubernetes } from './kubernetes.ts'
import { askPrometheus, type Signer } from './prometheus.ts'
import { reachOf } from './reach.ts'

export type CloudWatchAsker = (
  source: CloudWatchSource,
  options: { readonly signal: AbortSignal; readonly now: number },
) => Promise<ProbeReading>

export interface ProbesOptions {
  readonly prometheus: PrometheusConfig
  readonly sign: Signer
  readonly clock: Clock
  /** Asks CloudWatch; its parts are loaded only where a suite has such a probe. */
  readonly cloudWatch?: CloudWatchAsker
  /** @default 'anywhere' */
  readonly egress?: Egress
  /** Hosts that may be asked, and what each gets; null: all, and nothing. @default null */
  readonly endpoints?: readonly Endpoint[] | null
  /** Reads what endpoints refer to; `cluster` is the run's. */
  readonly read?: (reference: SecretReference, cluster: Cluster) => Promise<string>
}

/** Makes what asks the probes of a run: over HTTP, in Prometheus, and in the run's own cluster and namespace. */
export function createProbes({
  prometheus,
  sign,
  clock,
  egress = 'anywhere',
  endpoints = null,
  read = noReader,
  cloudWatch = noReader,
}: ProbesOptions): (place: { readonly cluster: Cluster; readonly namespace: string }) => ProbePort {
  return ({ cluster, namespace }) => ({
    ask: ({ source, timeoutMs }, { signal, memory }) => {
      const reach = reachOf(endpoints, (reference) => read(reference, cluster))
      switch (source.type) {
        case 'http':
          return askHttp(source, { timeoutMs, signal, egress, reach })
        case 'prometheus':
          return askPrometheus(source, { timeoutMs, signal, egress, reach, config: prometheus, sign, now: clock.now() })
        case 'cloudwatch_alarm':
        case 'cloudwatch_metric':
          return cloudWatch(source, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), now: clock.now() })
        case 'kubernetes':
          return askKubernetes(source, { cluster, namespace, memory })
      }
    },
  })
}

async function noReader(): Promise<never> {
  throw new TypeError('a probe needs what these probes were not made with')
}
