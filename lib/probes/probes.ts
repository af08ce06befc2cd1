import type { PrometheusConfig } from '../config.ts'
import type { Clock, Cluster, ProbePort } from '../ports.ts'
import { askHttp } from './http.ts'
import { askKubernetes } from './kubernetes.ts'
import { askPrometheus, type Signer } from './prometheus.ts'

export interface ProbesOptions {
  readonly prometheus: PrometheusConfig
  readonly sign: Signer
  readonly clock: Clock
}

/** Makes what asks the probes of a run: over HTTP, in Prometheus, and in the run's own cluster and namespace. */
export function createProbes({
  prometheus,
  sign,
  clock,
}: ProbesOptions): (place: { readonly cluster: Cluster; readonly namespace: string }) => ProbePort {
  return ({ cluster, namespace }) => ({
    ask: ({ source, timeoutMs }, { signal, memory }) => {
      switch (source.type) {
        case 'http':
          return askHttp(source, { timeoutMs, signal })
        case 'prometheus':
          return askPrometheus(source, { timeoutMs, signal, config: prometheus, sign, now: clock.now() })
        case 'kubernetes':
          return askKubernetes(source, { cluster, namespace, memory })
      }
    },
  })
}
