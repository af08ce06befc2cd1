import { elapsed } from '../domain/elapsed.ts'
import type { EndCause } from '../domain/end-cause.ts'
import type { HistoryEvent } from '../domain/history-event.ts'
import type { Evidence, Finding, Injection, Target, TargetEvent } from '../domain/injection.ts'
import type { ProbeSample, ProbeSummary } from '../domain/probe.ts'
import { type Readiness, readinessWatch } from '../domain/readiness.ts'
import type { ReasonCode } from '../domain/reason.ts'
import { reasonTexts } from '../domain/reason.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { ClusterRef, Resolution, Run, StepRecord, StepVerdict, TerminalStatus, Trigger } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import type { Abort, Baseline } from '../domain/run-facts.ts'
import { runReasons, runReasonTexts } from '../domain/run-reasons.ts'
import { runScore } from '../domain/score.ts'
import type { FaultName, FaultSpec, LeftOutStep, SuiteVariable } from '../domain/suite.ts'
import { faultName } from '../domain/suite.ts'
import { type ApprovalDocument, approvalsOf, type WaitingDocument } from './approval-document.ts'
import { iso } from './iso.ts'
import { type LoadDocument, loadDocument } from './loads.ts'
import { crossingsOf, type ProbeDocument, probeDocument, type SampleDocument, type ThresholdDocument } from './probe-document.ts'

/** Everything a report is made from. */
export interface RunRecord {
  readonly run: Run
  readonly injections: readonly Injection[]
  readonly history: readonly HistoryEvent[]
  /** Answers of the probes, oldest first. */
  readonly samples: readonly ProbeSample[]
}

/** How a run can stand: spelled out, so that the published schema has the words. */
type ReportVerdict =
  | TerminalStatus
  | 'requested'
  | 'awaiting_approval'
  | 'preparing'
  | 'injecting'
  | 'holding'
  | 'reverting'
  | 'recovering'
  | 'resting'
  | 'overlapping'
  | 'verifying'

/** The shape of a JSON report; it only ever grows within one `schemaVersion`. Times are RFC 3339 in UTC, durations milliseconds. */
export interface ReportDocument {
  readonly schemaVersion: 1
  /** The run's end, or the state it was left in. */
  readonly verdict: ReportVerdict
  readonly run: string
  readonly suite: { readonly name: string; readonly description: string; readonly hypothesis: string }
  /** What the variables of the suite's file stood for; only there where it has any. */
  readonly variables?: readonly SuiteVariable[]
  /** Steps of the suite that the run was told to leave out: nothing is said of them. Only there where there are any. */
  readonly leftOut?: readonly LeftOutStep[]
  readonly cluster: Pick<ClusterRef, 'uid' | 'name' | 'simulated'>
  readonly namespace: string
  readonly seed: number
  /** What started the run. The same key (event or request id) never starts a second one. */
  readonly trigger: Pick<Trigger, 'kind' | 'key' | 'by'>
  readonly requestedAt: string
  /** Who said yes to which plan, the oldest first; only there where one was given. */
  readonly approvals?: readonly ApprovalDocument[]
  /** What the run waits for; only there while it does. */
  readonly waitsFor?: WaitingDocument
  /** Null while the run is not over. */
  readonly endedAt: string | null
  readonly durationMs: number | null
  readonly reasons: readonly string[]
  /** The code of each of the reasons, in the same order. */
  readonly reasonCodes: readonly ReasonCode[]
  /** The person who ended the run; its undo is not proven. Null when it is proven, or the run is not over. */
  readonly resolved: Resolution | null
  readonly refusals: readonly Refusal[]
  /** `undoneMs`: from the abort to the proof that everything is undone. */
  readonly abort:
    | (Omit<Abort, 'at' | 'undoneAt'> & { readonly at: string; readonly undoneAt: string | null; readonly undoneMs: number | null })
    | null
  readonly baseline: Baseline | null
  readonly orphans: number
  /** What was at work from before the first step to after the last; only there where the suite has load. */
  readonly loads?: readonly LoadDocument[]
  /** Resilience score, 0 to 100: the mean of the steps that have one; null when none has. */
  readonly score: number | null
  readonly probes: readonly ProbeDocument[]
  /**
   * What counted the workload's Ready pods in a run without probes: its answers are among the samples. Its tolerance is
   * what was Ready before; no verdict goes by it. Null where nothing was counted.
   */
  readonly readiness: ProbeDocument | null
  readonly thresholds: readonly ThresholdDocument[]
  /** Oldest first. */
  readonly samples: readonly SampleDocument[]
  readonly steps: readonly StepDocument[]
  readonly history: readonly HistoryDocument[]
}

export interface StepDocument {
  readonly name: string
  readonly fault: FaultName
  readonly params: FaultSpec
  readonly hypothesis: string
  readonly verdict: StepVerdict
  readonly reasons: readonly string[]
  /** The code of each of the reasons, in the same order. */
  readonly reasonCodes: readonly ReasonCode[]
  /** What ended the fault before its planned end, where that is known. */
  readonly endCauses: readonly EndCause[]
  /** What became of its targets, their nodes and the pods around them while it was held. */
  readonly changes: readonly (Omit<TargetEvent, 'at'> & { readonly at: string })[]
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
  /** Resilience score of the step, 0 to 100. */
  readonly score: number | null
  /** First answer of a probe out of tolerance while the fault was active. */
  readonly detectedAt: string | null
  /** From the proof that it bites to that answer. */
  readonly detectMs: number | null
  /** Whether the probes found the steady state again after the fault; null when none asks then. */
  readonly steady: Finding | null
  readonly steadyAt: string | null
  /** From the proof that it is gone to the steady state. */
  readonly steadyMs: number | null
  /** `asked`, `within` and `unknown` count one answer after the fault, too, where there is one; `afterwards` says which it was. */
  readonly probes: readonly (Omit<ProbeSummary, 'firstOutAt'> & {
    readonly firstOutAt: string | null
    readonly afterwards: 'within' | 'out' | 'unknown' | null
  })[]
  /** In a run without probes: how few of its workload's pods were Ready from its plan until they were as before, and for how long. */
  readonly readiness: (Omit<Readiness, 'at'> & { readonly at: string }) | null
  readonly targets: readonly Target[]
  readonly injections: readonly InjectionDocument[]
  readonly evidence: readonly (Omit<Evidence, 'at'> & { readonly injection: number; readonly at: string })[]
}

/** A line of the history; what `data` holds depends on `type`. */
export interface HistoryDocument {
  readonly version: number
  readonly n: number
  readonly at: string
  readonly type: string
  readonly step: number | null
  readonly message: string
  readonly data?: Readonly<Record<string, unknown>>
}

export interface InjectionDocument {
  readonly n: number
  readonly status: Injection['status']
  readonly reason: string | null
  readonly targets: readonly string[]
  readonly fuse: { readonly namespace: string; readonly name: string; readonly uid: string; readonly burnsAt: string } | null
}

/** Makes the JSON report of a run, over or not. Pure. */
export function reportDocument({ run, injections, history, samples }: RunRecord): ReportDocument {
  const endedAt = isEnded(run) ? run.endedAt : null
  const { id, suite, cluster, namespace, seed, trigger, requestedAt, baseline, orphans } = run
  const watch = readinessWatch(run)
  return {
    schemaVersion: 1,
    verdict: run.status,
    run: id,
    suite: { name: suite.name, description: suite.description, hypothesis: suite.hypothesis },
    ...(suite.variables === undefined ? {} : { variables: suite.variables }),
    ...(suite.leftOut === undefined ? {} : { leftOut: suite.leftOut }),
    cluster: { uid: cluster.uid, name: cluster.name, simulated: cluster.simulated },
    namespace,
    seed,
    trigger: { kind: trigger.kind, key: trigger.key, by: trigger.by },
    requestedAt: iso(requestedAt),
    ...approvalsOf(run),
    endedAt: isoOrNull(endedAt),
    durationMs: elapsed(requestedAt, endedAt),
    reasons: isEnded(run) ? runReasonTexts(run) : [],
    reasonCodes: isEnded(run) ? runReasons(run).map(({ code }) => code) : [],
    resolved: isEnded(run) ? run.resolved : null,
    refusals: isEnded(run) ? run.refusals : [],
    abort: run.abort === null ? null : abortDocument(run.abort),
    baseline,
    orphans,
    ...(run.loads === undefined ? {} : { loads: run.loads.map((load) => loadDocument(load, suite.load?.[load.n]?.image ?? '')) }),
    score: runScore(run.steps),
    probes: suite.probes.map(probeDocument),
    readiness: watch !== null && samples.some(({ probe }) => probe === watch.name) ? probeDocument(watch) : null,
    thresholds: suite.thresholds.map((threshold) => ({ ...threshold, crossings: crossingsOf(threshold.name, history) })),
    samples: samples.map((sample) => ({ ...sample, at: iso(sample.at) })),
    steps: run.steps.map((record, step) =>
      stepDocument(run, { record, step, injections: injections.filter((i) => i.step === step), samples }),
    ),
    history: history.map(historyDocument),
  }
}

function abortDocument({ undoneAt, ...abort }: Abort): NonNullable<ReportDocument['abort']> {
  const undone = undoneAt ?? null
  return { ...abort, at: iso(abort.at), undoneAt: isoOrNull(undone), undoneMs: elapsed(abort.at, undone) }
}

function stepDocument(
  run: Run,
  {
    record,
    step,
    injections,
    samples,
  }: {
    readonly record: StepRecord
    readonly step: number
    readonly injections: readonly Injection[]
    readonly samples: readonly ProbeSample[]
  },
): StepDocument {
  const spec = run.suite.steps[step]
  if (spec === undefined) throw new TypeError(`run ${run.id} has no step ${step}`)
  const { name, verdict, reasons, plannedAt, activeAt, plannedEnd, revertedAt, recoveredAt } = record
  const { score, detectedAt, steady, steadyAt, probes, readiness } = record
  return {
    name,
    fault: faultName(spec.fault),
    params: spec.fault,
    hypothesis: spec.hypothesis,
    verdict,
    reasons: reasonTexts(record),
    reasonCodes: reasons.map(({ code }) => code),
    endCauses: [...new Set(reasons.flatMap(({ cause }) => cause ?? []))],
    changes: record.changes.map((change) => ({ ...change, at: iso(change.at) })),
    plannedMs: spec.durationMs,
    plannedAt: isoOrNull(plannedAt),
    activeAt: isoOrNull(activeAt),
    plannedEnd: isoOrNull(plannedEnd),
    revertedAt: isoOrNull(revertedAt),
    recoveredAt: isoOrNull(recoveredAt),
    activeMs: elapsed(activeAt, revertedAt),
    undoneAfterMs: elapsed(plannedEnd, revertedAt),
    recoveryMs: elapsed(revertedAt, recoveredAt),
    score,
    detectedAt: isoOrNull(detectedAt),
    detectMs: elapsed(activeAt, detectedAt),
    steady,
    steadyAt: isoOrNull(steadyAt),
    steadyMs: elapsed(revertedAt, steadyAt),
    probes: probes.map((summary) => ({
      ...summary,
      firstOutAt: isoOrNull(summary.firstOutAt),
      afterwards: steady === null ? null : answerAfter(samples, { step, probe: summary.probe }),
    })),
    readiness: readiness === undefined ? null : { ...readiness, at: iso(readiness.at) },
    targets: injections.flatMap((injection) => injection.targets),
    injections: injections.map(injectionDocument),
    evidence: injections.flatMap((injection) => injection.evidence.map((e) => ({ injection: injection.n, ...e, at: iso(e.at) }))),
  }
}

/** The last answer after the fault is the one that was counted. */
export function answerAfter(
  samples: readonly ProbeSample[],
  { step, probe }: { readonly step: number; readonly probe: string },
): 'within' | 'out' | 'unknown' | null {
  const last = samples.filter((sample) => sample.phase === 'after' && sample.step === step && sample.probe === probe).at(-1)
  if (last === undefined) return null
  return last.within === null ? 'unknown' : last.within ? 'within' : 'out'
}

function injectionDocument({ n, status, reason, targets, armed }: Injection): InjectionDocument {
  const fuse = armed === null ? null : { ...armed, burnsAt: iso(armed.burnsAt) }
  return { n, status, reason, targets: targets.map((target) => target.name), fuse }
}

function historyDocument({ data, at, ...event }: HistoryEvent): HistoryDocument {
  return { ...event, at: iso(at), ...(data === undefined ? {} : { data: { ...data } }) }
}

function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms)
}
