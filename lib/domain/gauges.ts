import type { Injection } from './injection.ts'
import { isOpen } from './injection.ts'
import type { MetricName, Total } from './metrics.ts'
import { placeLabels } from './metrics.ts'
import { deadlineOf } from './next-action.ts'
import type { ProbeSample, ProbeSpec } from './probe.ts'
import { watchedProbes } from './readiness.ts'
import type { Run } from './run.ts'
import { isEnded } from './run.ts'
import { boundsOf } from './tolerance.ts'
import { experimentType } from './totals.ts'

/** All that a run's gauges are made from; `samples`: the last answer of each probe. */
export interface RunState {
  readonly run: Run
  readonly injections: readonly Pick<Injection, 'step' | 'status'>[]
  readonly samples: readonly ProbeSample[]
}

/** What is true of a run now. A run that is over has no active fault, no deadline and no probe values. */
export function gaugesOf({ run, injections, samples }: RunState): readonly Total[] {
  const place = placeLabels({ clusterUid: run.cluster.uid, namespace: run.namespace })
  const own = { ...place, suite: run.suite.name, run: run.id }
  const gauge = (metric: MetricName, labels: Total['labels'], value: number): Total => ({ metric, labels, amounts: { value } })
  const isOver = isEnded(run)
  const active = new Set(
    injections.filter((i) => !isOver && i.status !== 'planned' && isOpen(i)).map(({ step }) => experimentType(run, step)),
  )
  const asked = new Set(samples.map(({ probe }) => probe))
  const probes = watchedProbes(run).filter(({ name }) => run.suite.probes.length > 0 || asked.has(name))
  const types = new Set(run.suite.steps.map((_, step) => experimentType(run, step)))
  return [
    ...[...types].map((type) =>
      gauge('chaos_experiment_active', { ...own, cluster: run.cluster.name, experiment_type: type }, active.has(type) ? 1 : 0),
    ),
    gauge('chaos_run_deadline_timestamp_seconds', own, isOver ? 0 : deadlineOf(run) / 1000),
    gauge('chaos_revert_unproven', own, isUnproven(run) ? 1 : 0),
    ...(isOver ? [] : probes.flatMap((probe) => probeGauges(probe, samples, { ...place, suite: run.suite.name, probe: probe.name }))),
  ]
}

/** Tried, and not proven; a person's word ends it. */
function isUnproven(run: Run): boolean {
  return (run.status === 'reverting' || run.status === 'verifying') && run.attempts > 0
}

function probeGauges(probe: ProbeSpec, samples: readonly ProbeSample[], labels: Total['labels']): readonly Total[] {
  const sample = samples.find((one) => one.probe === probe.name)
  const { min, max } = boundsOf(probe.tolerance)
  const gauge = (metric: MetricName, value: unknown): readonly Total[] =>
    typeof value === 'number' && !Number.isNaN(value) ? [{ metric, labels, amounts: { value } }] : []
  return [
    ...gauge('chaos_probe_value', sample?.value),
    ...gauge('chaos_probe_tolerance_min', min),
    ...gauge('chaos_probe_tolerance_max', max),
    ...gauge('chaos_probe_within', typeof sample?.within === 'boolean' ? Number(sample.within) : null),
  ]
}
