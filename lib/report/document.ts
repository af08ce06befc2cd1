import type { Evidence, Injection, Target } from '../domain/injection.ts'
import type { Abort, Baseline, ClusterRef, HistoryEvent, Refusal, Run, RunStatus, StepRecord, StepVerdict, Trigger } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import type { FaultName, FaultSpec } from '../domain/suite.ts'
import { faultName } from '../domain/suite.ts'

/** Everything a report is made from. */
export interface RunRecord {
  readonly run: Run
  readonly injections: readonly Injection[]
  readonly history: readonly HistoryEvent[]
}

/** The shape of a JSON report; it only ever grows within one `schemaVersion`. Times are RFC 3339 in UTC, durations milliseconds. */
export interface ReportDocument {
  readonly schemaVersion: 1
  /** The run's end, or the state it was left in. */
  readonly verdict: RunStatus
  readonly run: string
  readonly suite: { readonly name: string; readonly description: string }
  readonly cluster: Pick<ClusterRef, 'uid' | 'name' | 'simulated'>
  readonly namespace: string
  readonly seed: number
  readonly trigger: Trigger
  readonly requestedAt: string
  /** Null while the run is not over. */
  readonly endedAt: string | null
  readonly durationMs: number | null
  readonly reasons: readonly string[]
  readonly refusals: readonly Refusal[]
  readonly abort: (Omit<Abort, 'at'> & { readonly at: string }) | null
  readonly baseline: Baseline | null
  readonly orphans: number
  readonly steps: readonly StepDocument[]
  readonly history: readonly (Omit<HistoryEvent, 'at'> & { readonly at: string })[]
}

export interface StepDocument {
  readonly name: string
  readonly fault: FaultName
  readonly params: FaultSpec
  readonly verdict: StepVerdict
  readonly reasons: readonly string[]
  readonly plannedMs: number
  readonly plannedAt: string | null
  readonly activeAt: string | null
  readonly plannedEnd: string | null
  readonly revertedAt: string | null
  readonly recoveredAt: string | null
  /** From the first proof that it bites to the proof that it is gone. */
  readonly activeMs: number | null
  /** From the planned end to the proof that it is gone; negative when it was ended early. */
  readonly undoneAfterMs: number | null
  /** From that proof to a workload as healthy as before. */
  readonly recoveryMs: number | null
  readonly targets: readonly Target[]
  readonly injections: readonly InjectionDocument[]
  readonly evidence: readonly (Omit<Evidence, 'at'> & { readonly injection: number; readonly at: string })[]
}

export interface InjectionDocument {
  readonly n: number
  readonly status: Injection['status']
  readonly reason: string | null
  readonly targets: readonly string[]
  readonly fuse: { readonly namespace: string; readonly name: string; readonly uid: string; readonly burnsAt: string } | null
}

/** Makes the JSON report of a run, over or not. Pure. */
export function reportDocument({ run, injections, history }: RunRecord): ReportDocument {
  const endedAt = isEnded(run) ? run.endedAt : null
  const { id, suite, cluster, namespace, seed, trigger, requestedAt, abort, baseline, orphans } = run
  return {
    schemaVersion: 1,
    verdict: run.status,
    run: id,
    suite: { name: suite.name, description: suite.description },
    cluster: { uid: cluster.uid, name: cluster.name, simulated: cluster.simulated },
    namespace,
    seed,
    trigger,
    requestedAt: iso(requestedAt),
    endedAt: isoOrNull(endedAt),
    durationMs: between(requestedAt, endedAt),
    reasons: isEnded(run) ? run.reasons : [],
    refusals: isEnded(run) ? run.refusals : [],
    abort: abort === null ? null : { ...abort, at: iso(abort.at) },
    baseline,
    orphans,
    steps: run.steps.map((record, step) => stepDocument(run, { record, step, injections: injections.filter((i) => i.step === step) })),
    history: history.map((event) => ({ ...event, at: iso(event.at) })),
  }
}

function stepDocument(
  run: Run,
  { record, step, injections }: { readonly record: StepRecord; readonly step: number; readonly injections: readonly Injection[] },
): StepDocument {
  const spec = run.suite.steps[step]
  if (spec === undefined) throw new TypeError(`run ${run.id} has no step ${step}`)
  const { name, verdict, reasons, plannedAt, activeAt, plannedEnd, revertedAt, recoveredAt } = record
  return {
    name,
    fault: faultName(spec.fault),
    params: spec.fault,
    verdict,
    reasons,
    plannedMs: spec.durationMs,
    plannedAt: isoOrNull(plannedAt),
    activeAt: isoOrNull(activeAt),
    plannedEnd: isoOrNull(plannedEnd),
    revertedAt: isoOrNull(revertedAt),
    recoveredAt: isoOrNull(recoveredAt),
    activeMs: between(activeAt, revertedAt),
    undoneAfterMs: between(plannedEnd, revertedAt),
    recoveryMs: between(revertedAt, recoveredAt),
    targets: injections.flatMap((injection) => injection.targets),
    injections: injections.map(injectionDocument),
    evidence: injections.flatMap((injection) => injection.evidence.map((e) => ({ injection: injection.n, ...e, at: iso(e.at) }))),
  }
}

function injectionDocument({ n, status, reason, targets, armed }: Injection): InjectionDocument {
  const fuse = armed === null ? null : { ...armed, burnsAt: iso(armed.burnsAt) }
  return { n, status, reason, targets: targets.map((target) => target.name), fuse }
}

function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
