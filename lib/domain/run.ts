import type { Finding, Measurement } from './injection.ts'
import type { ProbeSummary } from './probe.ts'
import type { Suite } from './suite.ts'

/** Which cluster a run belongs to. The UID of its kube-system namespace is its identity, wherever the run is driven from. */
export interface ClusterRef {
  readonly uid: string
  /** For people: context or cluster name. */
  readonly name: string
  /** How to reach it again; resolved by the composition root. */
  readonly via: ClusterSource
  readonly simulated: boolean
}

export type ClusterSource =
  | { readonly kind: 'kubeconfig'; readonly path: string; readonly context: string }
  | { readonly kind: 'in-cluster' }
  | { readonly kind: 'sandbox'; readonly url: string }

/** What started the run. The same key (event or request id) never starts a second one. */
export interface Trigger {
  readonly kind: 'manual' | 'schedule'
  readonly key: string
  readonly by: string
}

/** Who drives the run, and until when nobody else may. */
export interface Lease {
  readonly owner: string
  readonly until: number
}

export type AbortReason = 'asked' | 'halted' | 'driver_lost' | 'deadline' | 'threshold' | 'cluster_gone' | 'interrupted'

export interface Abort {
  readonly reason: AbortReason
  readonly at: number
  readonly by: string
  readonly detail: string
  /** When everything was proven undone after it; absent until then. */
  readonly undoneAt?: number
}

/** Why a run did not start; every reason is reported, not only the first. */
export interface Refusal {
  readonly code:
    | 'halted'
    | 'paused'
    | 'outside_window'
    | 'unhealthy'
    | 'unsteady'
    | 'not_approved'
    | 'blast_radius'
    | 'permission'
    | 'busy'
    | 'no_targets'
    | 'unsafe_target'
    | 'quota'
    | 'namespace'
    | 'mechanism'
    | 'injector_missing'
    | 'fuse_missing'
    | 'unreachable'
  /** Index of the step it concerns, or null for the whole run. */
  readonly step: number | null
  readonly message: string
}

export type StepVerdict = 'pending' | 'running' | 'succeeded' | 'no_effect' | 'failed' | 'aborted' | 'skipped'

/** What became of one entry of `experiments[]`. Times are ms since epoch, null until they happen. */
export interface StepRecord {
  readonly name: string
  readonly verdict: StepVerdict
  readonly reasons: readonly string[]
  readonly plannedAt: number | null
  readonly activeAt: number | null
  readonly plannedEnd: number | null
  readonly revertedAt: number | null
  readonly recoveredAt: number | null
  /** What the probes answered in this step; empty until its fault is undone. */
  readonly probes: readonly ProbeSummary[]
  /** Resilience score, 0 to 100; null while nothing was asked, or when the fault was not proven to bite to its end. */
  readonly score: number | null
  /** The first answer out of tolerance while the fault was active. */
  readonly detectedAt: number | null
  /** Whether the steady state was there again after the fault; null when nobody asked (yet). */
  readonly steady: Finding | null
  /** When it was seen to be there again. */
  readonly steadyAt: number | null
}

/** A step before anything was done to it. */
export const untouchedStep: Omit<StepRecord, 'name'> = {
  verdict: 'pending',
  reasons: [],
  plannedAt: null,
  activeAt: null,
  plannedEnd: null,
  revertedAt: null,
  recoveredAt: null,
  probes: [],
  score: null,
  detectedAt: null,
  steady: null,
  steadyAt: null,
}

/** One line of the history; `n` counts within the version that wrote it. */
export interface HistoryEvent {
  readonly version: number
  readonly n: number
  readonly at: number
  readonly type: string
  readonly step: number | null
  readonly message: string
  readonly data?: Readonly<Record<string, unknown>>
}

/** The run-long Job whose deletion halts the run. */
export interface BeaconRef {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly burnsAt: number
}

export interface RunBase {
  readonly id: string
  readonly version: number
  readonly suite: Suite
  readonly cluster: ClusterRef
  readonly namespace: string
  readonly seed: number
  readonly trigger: Trigger
  readonly requestedAt: number
  readonly lease: Lease | null
  /** Set when a driver asks another to go on; only then may a takeover continue instead of reverting. */
  readonly handover: boolean
  readonly steps: readonly StepRecord[]
  readonly beacon: BeaconRef | null
  readonly abort: Abort | null
  /** Healthy pods of the workload before the start: what recovery is measured against. */
  readonly baseline: Baseline | null
  /** Objects of ours found after the end that nobody had undone. 0 is the only good number. */
  readonly orphans: number
  /** Events of the version last saved, not yet known to be in the history table. */
  readonly events: readonly HistoryEvent[]
}

/** Pods of the workload that were Ready before the run. */
export interface Baseline {
  readonly ready: number
  readonly total: number
}

export type Requested = RunBase & { readonly status: 'requested' }
export type AwaitingApproval = RunBase & { readonly status: 'awaiting_approval' }
/** Beacon, grace before, and the plan of step `step`. */
export type Preparing = RunBase & { readonly status: 'preparing'; readonly step: number; readonly until: number }
export type Injecting = RunBase & { readonly status: 'injecting'; readonly step: number; readonly since: number }
export type Holding = RunBase & {
  readonly status: 'holding'
  readonly step: number
  readonly revertAt: number
  readonly rechecked: boolean
}
export type Reverting = RunBase & {
  readonly status: 'reverting'
  readonly step: number
  readonly since: number
  readonly attempts: number
  readonly retryAt: number
}
export type Recovering = RunBase & { readonly status: 'recovering'; readonly step: number; readonly since: number; readonly until: number }
export type Resting = RunBase & { readonly status: 'resting'; readonly step: number; readonly until: number }
export type Verifying = RunBase & {
  readonly status: 'verifying'
  readonly step: number
  readonly since: number
  readonly until: number
  readonly attempts: number
  /** Orphans that earlier tries found and removed. */
  readonly found: readonly string[]
}
export type TerminalStatus = 'succeeded' | 'failed' | 'no_effect' | 'aborted' | 'refused'
export type Ended = RunBase & {
  readonly status: TerminalStatus
  readonly endedAt: number
  readonly refusals: readonly Refusal[]
  readonly reasons: readonly string[]
}

/** One execution of a suite; a field exists only in the states where it means something. */
export type Run = Requested | AwaitingApproval | Preparing | Injecting | Holding | Reverting | Recovering | Resting | Verifying | Ended
export type RunStatus = Run['status']

const terminalStatuses: readonly TerminalStatus[] = ['succeeded', 'failed', 'no_effect', 'aborted', 'refused']

/** True when nothing will happen to the run any more. */
export function isEnded(run: Run): run is Ended {
  return (terminalStatuses as readonly string[]).includes(run.status)
}

/** What the driver learnt about a step's injections, as the run's record needs it. */
export interface InjectedOutcome {
  readonly n: number
  readonly status: 'active' | 'no_effect' | 'failed'
  readonly reason: string | null
  readonly measurements: readonly Measurement[]
}

export interface RecheckedOutcome {
  readonly n: number
  readonly finding: Finding
  readonly summary: string
}

/** The fields every state has; what belonged to the state that is left behind is dropped. */
export function baseOf(run: Run): RunBase {
  const {
    id,
    version,
    suite,
    cluster,
    namespace,
    seed,
    trigger,
    requestedAt,
    lease,
    handover,
    steps,
    beacon,
    abort,
    baseline,
    orphans,
    events,
  } = run
  return {
    id,
    version,
    suite,
    cluster,
    namespace,
    seed,
    trigger,
    requestedAt,
    lease,
    handover,
    steps,
    beacon,
    abort,
    baseline,
    orphans,
    events,
  }
}
