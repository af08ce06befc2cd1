import type { ProbeInput, ThresholdInput } from './probes-schema.ts'

type Unnamed<P> = P extends unknown ? Omit<P, 'name'> : never

/** A probe that any suite can name, and the threshold that it brings along. */
export interface ProbePreset {
  /** For people: docs/probes.md lists it. */
  readonly about: string
  readonly probe: Unnamed<ProbeInput>
  readonly threshold: Omit<ThresholdInput, 'probe'> | null
}

/**
 * Ready-made probes for JadeVectorDB. Limits and times of the thresholds are those of the alerting rules in `monitoring/`, so that a game
 * day is stopped by what would page the people on call.
 */
export const probePresets = {
  'jadevectordb-error-ratio': {
    about: 'Share of the requests that were answered with 5xx in the last minute.',
    probe: {
      type: 'prometheus',
      query: '(sum(rate(jadevectordb_requests_total{status=~"5.."}[1m])) or vector(0)) / sum(rate(jadevectordb_requests_total[1m]))',
      tolerance: '<= 0.1',
      unit: 'ratio',
    },
    threshold: { name: 'jadevectordb-errors', when: '> 0.1', for: 120, severity: 'critical', action: 'abort' },
  },
  'jadevectordb-p95': {
    about: '95th percentile of the response time in the last minute, in seconds.',
    probe: {
      type: 'prometheus',
      query: 'histogram_quantile(0.95, sum by (le) (rate(jadevectordb_request_duration_seconds_bucket[1m])))',
      tolerance: '<= 5',
      unit: 's',
    },
    threshold: { name: 'jadevectordb-slow', when: '> 5', for: 180, severity: 'warning', action: 'notify' },
  },
  'jadevectordb-ready-pods': {
    about: "Share of the workload's pods that are ready; needs no Prometheus.",
    probe: { type: 'kubernetes', read: 'ready_ratio', tolerance: '>= 0.5', unit: 'ratio' },
    threshold: null,
  },
} as const satisfies Readonly<Record<string, ProbePreset>>

export type PresetName = keyof typeof probePresets
