import { elapsed } from './elapsed.ts'
import type { HistoryEvent } from './history-event.ts'
import { dataOf } from './history-event.ts'
import type { Injection } from './injection.ts'
import type { HistogramName, MetricName, Total } from './metrics.ts'
import { observation, placeLabels } from './metrics.ts'
import type { Run, StepRecord } from './run.ts'
import type { InjectedOutcome } from './run-facts.ts'
import { runScore } from './score.ts'

/** What an event of a run adds to the totals, and what it replaces. */
export interface Counted {
  readonly added: readonly Total[]
  readonly set: readonly Total[]
}

const nothing: Counted = { added: [], set: [] }

/** Counts one event of a run; `lines` are its lines in the history. Pure, and from stored things only, so that every driver counts the same. */
export function totalsOf(run: Run, lines: readonly HistoryEvent[], injections: readonly Pick<Injection, 'step' | 'evidence'>[]): Counted {
  const [first] = lines
  if (first === undefined) return nothing
  switch (first.type) {
    case 'refused':
    case 'verified':
    case 'resolved':
      return countEnd(run, first)
    case 'injected':
    case 'rechecked':
    case 'reverted':
    case 'recovered':
      return first.step === null ? nothing : { added: countStep(run, lines, { step: first.step, injections }), set: [] }
    default:
      return nothing
  }
}

/** `experiment_type`: as the suite file says it. */
export function experimentType(run: Run, step: number): string {
  return run.suite.steps[step]?.fault.type ?? 'unknown'
}

function countStep(
  run: Run,
  lines: readonly HistoryEvent[],
  { step, injections }: { readonly step: number; readonly injections: readonly Pick<Injection, 'step' | 'evidence'>[] },
): readonly Total[] {
  const record = run.steps[step]
  const labels = { ...placeOfRun(run), experiment_type: experimentType(run, step) }
  const count = (metric: MetricName, value: number): readonly Total[] => (value === 0 ? [] : [{ metric, labels, amounts: { value } }])
  const time = (metric: HistogramName, ms: number | null): readonly Total[] =>
    ms === null || ms < 0 ? [] : [observation(metric, labels, ms / 1000)]
  const having = (status: InjectedOutcome['status']) => dataOf(lines, 'injected').filter((outcome) => outcome.status === status).length
  if (record === undefined) return []
  switch (lines[0]?.type) {
    case 'injected':
      return [
        ...count('chaos_faults_injected_total', having('active')),
        ...count('chaos_faults_failed_total', having('failed')),
        ...count('chaos_faults_no_effect_total', having('no_effect')),
        ...time('chaos_inject_lateness_seconds', elapsed(record.plannedAt, record.activeAt)),
      ]
    case 'rechecked':
      return count(
        'chaos_faults_no_effect_total',
        lines.length - dataOf(lines, 'rechecked').filter(({ finding }) => finding === 'yes').length,
      )
    case 'reverted': {
      const undone = injections.filter((i) => i.step === step && i.evidence.some(({ phase }) => phase === 'during'))
      return [
        ...count('chaos_faults_reverted_total', undone.length),
        ...time('chaos_experiment_duration_seconds', elapsed(record.activeAt, record.revertedAt)),
        ...time('chaos_detection_seconds', elapsed(record.activeAt, record.detectedAt)),
        ...time('chaos_revert_lateness_seconds', run.abort === null ? elapsed(record.plannedEnd, record.revertedAt) : null),
      ]
    }
    default:
      return time('chaos_recovery_seconds', elapsed(record.revertedAt, record.recoveredAt))
  }
}

function countEnd(run: Run, event: HistoryEvent): Counted {
  const place = placeOfRun(run)
  const suite = run.suite.name
  const isRefused = event.type === 'refused'
  const verdicts = run.steps.map(({ verdict }: StepRecord) => (isRefused ? 'refused' : verdict))
  const added: Total[] = verdicts.map((verdict, step) => ({
    metric: 'chaos_experiments_total',
    labels: { ...place, cluster: run.cluster.name, suite, experiment_type: experimentType(run, step), verdict },
    amounts: { value: 1 },
  }))
  added.push({ metric: 'chaos_orphans_total', labels: { ...place, suite }, amounts: { value: run.orphans } })
  if (isRefused) return { added, set: [] }
  const last = (metric: MetricName, value: number): Total => ({ metric, labels: { ...place, suite }, amounts: { value } })
  const score = runScore(run.steps)
  return {
    added,
    set: [last('chaos_last_run_timestamp_seconds', event.at / 1000), ...(score === null ? [] : [last('chaos_resilience_score', score)])],
  }
}

function placeOfRun(run: Run) {
  return placeLabels({ clusterUid: run.cluster.uid, namespace: run.namespace })
}
