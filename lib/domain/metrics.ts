/** Where a run is: nothing else runs there at the time, so its metrics are one group that one driver replaces as a whole. */
export interface Place {
  readonly clusterUid: string
  readonly namespace: string
}

/** A stored series: a counter or gauge has one amount, `value`; a histogram `sum`, `count`, and one per bucket, e.g. `le=0.5`. */
export interface Total {
  readonly metric: MetricName
  /** With `cluster_uid` and `namespace`, which say its place. */
  readonly labels: Readonly<Record<string, string>>
  readonly amounts: Readonly<Record<string, number>>
}

export type MetricKind = 'gauge' | 'counter' | 'histogram'

/** One line of an exposition. */
export interface MetricSample {
  /** The family's own, or with `_bucket`, `_sum`, `_count`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with all its series, as they are exposed. */
export interface MetricFamily {
  readonly name: MetricName
  readonly help: string
  readonly kind: MetricKind
  readonly samples: readonly MetricSample[]
}

const latenessBuckets = [0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120]

/** Every metric, in the order in which they are exposed. Times in seconds. */
export const metricCatalogue = {
  chaos_experiment_active: { kind: 'gauge', help: '1 while a fault of that type is injected and not proven undone.' },
  chaos_experiments_total: { kind: 'counter', help: 'Experiments (entries of a suite) by verdict; approximate.' },
  chaos_experiment_duration_seconds: {
    kind: 'histogram',
    help: 'From the proof that a fault bites to the proof that it is gone.',
    buckets: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
  },
  chaos_faults_injected_total: { kind: 'counter', help: 'Injections that were proven to bite; approximate.' },
  chaos_faults_reverted_total: { kind: 'counter', help: 'Injections that were proven to be undone; approximate.' },
  chaos_faults_failed_total: { kind: 'counter', help: 'Injections that could not be put in place; approximate.' },
  chaos_faults_no_effect_total: { kind: 'counter', help: 'Injections that had no effect; approximate.' },
  chaos_orphans_total: { kind: 'counter', help: 'Objects of ours found after a run that were not undone; 0 is the only good number.' },
  chaos_inject_lateness_seconds: {
    kind: 'histogram',
    help: 'From the choice of targets to the proof that the fault bites.',
    buckets: latenessBuckets,
  },
  chaos_revert_lateness_seconds: {
    kind: 'histogram',
    help: 'From the planned end of a fault to the proof that it is gone.',
    buckets: latenessBuckets,
  },
  chaos_detection_seconds: {
    kind: 'histogram',
    help: 'From the proof that a fault bites to the first answer of a probe out of tolerance, while it is active.',
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600],
  },
  chaos_recovery_seconds: {
    kind: 'histogram',
    help: 'From that proof to a workload as healthy as before.',
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600],
  },
  chaos_probe_value: { kind: 'gauge', help: "The probe's last value, while the run is driven." },
  chaos_probe_tolerance_min: { kind: 'gauge', help: 'Least value within tolerance, where there is one.' },
  chaos_probe_tolerance_max: { kind: 'gauge', help: 'Greatest value within tolerance, where there is one.' },
  chaos_probe_within: { kind: 'gauge', help: "1 while the probe's last value is within its tolerance." },
  chaos_resilience_score: { kind: 'gauge', help: "Resilience score of the suite's last run that was judged, 0 to 100." },
  chaos_last_run_timestamp_seconds: { kind: 'gauge', help: "When the suite's last run ended." },
  chaos_run_deadline_timestamp_seconds: { kind: 'gauge', help: 'When the run must be over; 0 once it is.' },
  chaos_revert_unproven: { kind: 'gauge', help: '1 while something could not be proven undone.' },
} as const satisfies Record<string, { readonly kind: MetricKind; readonly help: string; readonly buckets?: readonly number[] }>

export type MetricName = keyof typeof metricCatalogue
export type HistogramName = {
  [N in MetricName]: (typeof metricCatalogue)[N]['kind'] extends 'histogram' ? N : never
}[MetricName]

/** The labels that say a place. */
export function placeLabels(place: Place): { readonly cluster_uid: string; readonly namespace: string } {
  return { cluster_uid: place.clusterUid, namespace: place.namespace }
}

/** The place that a series' labels say. */
export function placeOf(labels: Total['labels']): Place {
  return { clusterUid: labels.cluster_uid ?? '', namespace: labels.namespace ?? '' }
}

/** One observation of a histogram, as what is to be added; buckets add up as Prometheus wants them. */
export function observation(metric: HistogramName, labels: Total['labels'], seconds: number): Total {
  const buckets = metricCatalogue[metric].buckets.map((bound) => [`le=${bound}`, seconds <= bound ? 1 : 0] as const)
  return { metric, labels, amounts: { sum: seconds, count: 1, ...Object.fromEntries(buckets) } }
}

/** Families of these series, in the catalogue's order; metrics without a series are left out. */
export function familiesOf(totals: readonly Total[]): readonly MetricFamily[] {
  return (Object.keys(metricCatalogue) as MetricName[]).flatMap((name) => {
    const { kind, help } = metricCatalogue[name]
    const samples = totals.filter((total) => total.metric === name).flatMap(samplesOf)
    return samples.length === 0 ? [] : [{ name, help, kind, samples }]
  })
}

function samplesOf({ metric, labels, amounts }: Total): readonly MetricSample[] {
  if (metricCatalogue[metric].kind !== 'histogram') return [{ name: metric, labels, value: amounts.value ?? 0 }]
  const { buckets } = metricCatalogue[metric as HistogramName]
  const count = amounts.count ?? 0
  return [
    ...buckets.map((bound) => ({
      name: `${metric}_bucket`,
      labels: { ...labels, le: String(bound) },
      value: amounts[`le=${bound}`] ?? 0,
    })),
    { name: `${metric}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
    { name: `${metric}_sum`, labels, value: amounts.sum ?? 0 },
    { name: `${metric}_count`, labels, value: count },
  ]
}
