import type { PrometheusConfig } from '../config.ts'
import type { Clock, Cluster, ProbePort } from '../ports.ts'
import type { Egress } from './egress.ts'
import { askHttp } from './http.ts'
import { askKubernetes } from './kubernetes.ts'
import { askPrometheus, type Signer } from './prometheus.ts'

export interface ProbesOptions {
  readonly prometheus: PrometheusConfig
  readonly sign: Signer
  readonly clock: Clock
  /** @default 'anywhere' */
  readonly egress?: Egress
}

/** Makes what asks the probes of a run: over HTTP, in Prometheus, and in the run's own cluster and namespace. */
export function createProbes({
  prometheus,
  sign,
  clock,
  egress = 'anywhere',
}: ProbesOptions): (place: { readonly cluster: Cluster; readonly namespace: string }) => ProbePort {
  return ({ cluster, namespace }) => ({
    ask: ({ source, timeoutMs }, { signal, memory }) => {
      switch (source.type) {
        case 'http':
          return askHttp(source, { timeoutMs, signal, egress })
        case 'prometheus':
          return askPrometheus(source, { timeoutMs, signal, egress, config: prometheus, sign, now: clock.now() })
        case 'kubernetes':
          return askKubernetes(source, { cluster, namespace, memory })
      }
    },
  })
}
