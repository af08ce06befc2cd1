import type { Actor } from './actor.ts'
import type { Approval, ApprovalRequest } from './approval.ts'
import type { HistoryEvent } from './history-event.ts'
import type { Finding, TargetEvent } from './injection.ts'
import type { LoadRecord } from './load.ts'
import type { PlanSeal } from './plan-seal.ts'
import type { ProbeSummary } from './probe.ts'
import type { Readiness } from './readiness.ts'
import type { Reason } from './reason.ts'
import type { Refusal } from './refusal.ts'
import type { Abort, Baseline, BeaconRef, CallUnderWay } from './run-facts.ts'
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
  | EksSource
  | SecretSource

/** A cluster of Amazon EKS, entered by the function's own role or by one of another account. */
export interface EksSource {
  readonly kind: 'eks'
  readonly name: string
  readonly region: string
  readonly roleArn: string | null
}

/** A cluster elsewhere: its kubeconfig, or its address and token, lie in Secrets Manager or in SSM's Parameter Store. */
export interface SecretSource {
  readonly kind: 'secret'
  readonly store: 'secrets-manager' | 'parameter-store'
  /** Name or ARN. */
  readonly id: string
  readonly region: string
  readonly roleArn: string | null
  /** Of the kubeconfig; null: its current one. */
  readonly context: string | null
}

/** What started the run. The same key (event or request id) never starts a second one. */
export interface Trigger {
  readonly kind: 'manual' | 'schedule'
  readonly key: string
  /** For people. */
  readonly by: string
  /** Absent where a name alone is known. */
  readonly actor?: Actor
  /** Of a schedule: when it meant the run to start, ms since epoch. */
  readonly scheduledAt?: number
}

/** Who drives the run, and until when no other driver may. */
export interface Lease {
  readonly owner: string
  readonly until: number
}

/** A person's word that ends a run whose undo cannot be proven. */
export interface Resolution {
  /** For people. */
  readonly by: string
  /** Absent where a name alone is known. */
  readonly actor?: Actor
  readonly why: string
}

export type StepVerdict = 'pending' | 'running' | 'succeeded' | 'no_effect' | 'failed' | 'aborted' | 'skipped'

/** What became of one entry of `experiments[]`. Times are ms since epoch, null until they happen. */
export interface StepRecord {
  readonly name: string
  readonly verdict: StepVerdict
  readonly reasons: readonly Reason[]
  /** The plan whose ledger entries count; null before it is whole. */
  readonly plan: PlanSeal | null
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
  /** What became of its targets, their nodes and the pods around them while it was held, as it was seen; the newest of them. */
  readonly changes: readonly TargetEvent[]
  /** Whether the steady state was there again after the fault; null when it was not asked (yet). */
  readonly steady: Finding | null
  /** When it was seen to be there again. */
  readonly steadyAt: number | null
  /** Of a run without probes, once its fault is undone: how few of its workload's pods were Ready. */
  readonly readiness?: Readiness
}

/** A step before anything was done to it. */
export const untouchedStep: Omit<StepRecord, 'name'> = {
  verdict: 'pending',
  reasons: [],
  plan: null,
  plannedAt: null,
  activeAt: null,
  plannedEnd: null,
  revertedAt: null,
  recoveredAt: null,
  probes: [],
  score: null,
  detectedAt: null,
  changes: [],
  steady: null,
  steadyAt: null,
}

export interface RunBase {
  readonly id: string
  readonly version: number
  readonly suite: Suite
  readonly cluster: ClusterRef
  readonly namespace: string
  readonly seed: number
  /** Part of the names of its objects, drawn at random; absent in records of earlier versions. */
  readonly nonce?: string
  readonly trigger: Trigger
  readonly requestedAt: number
  /** Plans of it that a person said yes to, the oldest first; absent where none was asked for. */
  readonly approvals?: readonly Approval[]
  readonly lease: Lease | null
  /** Set when a driver asks another to go on; only then may a takeover continue instead of reverting. */
  readonly handover: boolean
  /** Until when calls that no fuse can fence, begun by the driver that handed over, may still arrive at the cluster. */
  readonly unfencedUntil?: number
  /** Those calls, until a successor has told what became of them. */
  readonly underWay?: readonly CallUnderWay[]
  readonly steps: readonly StepRecord[]
  readonly beacon: BeaconRef | null
  /** Of a suite with load, once it is begun; absent else. */
  readonly loads?: readonly LoadRecord[]
  readonly abort: Abort | null
  /** Healthy pods of the workload before the start: what recovery is measured against. */
  readonly baseline: Baseline | null
  /** Objects of ours found after the end that were not undone. 0 is the only good number. */
  readonly orphans: number
  /** Events of the version last saved, not yet known to be in the history table. */
  readonly events: readonly HistoryEvent[]
}

export type TerminalStatus = 'succeeded' | 'failed' | 'no_effect' | 'aborted' | 'refused'

/** What a step of a group is at, as a run is that has no other; `over`: its fault is proven undone, or was never planned. */
export type MemberState =
  | Extract<AloneState, { readonly status: 'preparing' | 'injecting' | 'holding' | 'reverting' }>
  | { readonly status: 'over'; readonly step: number }

/** What a run is at, with the fields that mean something only there. */
export type RunState = AloneState | OverlappingState

/** Steps of a group that are at work at once. `step` is the first of the group; `members` are those that have begun, in that order. */
interface OverlappingState {
  readonly status: 'overlapping'
  readonly step: number
  readonly since: number
  readonly members: readonly MemberState[]
}

type AloneState =
  | { readonly status: 'requested' }
  | AwaitingState
  /** Beacon, grace before, and the plan of step `step`. */
  | { readonly status: 'preparing'; readonly step: number; readonly until: number }
  | { readonly status: 'injecting'; readonly step: number; readonly since: number }
  | { readonly status: 'holding'; readonly step: number; readonly revertAt: number; readonly rechecked: boolean }
  | { readonly status: 'reverting'; readonly step: number; readonly since: number; readonly attempts: number; readonly retryAt: number }
  | { readonly status: 'recovering'; readonly step: number; readonly since: number; readonly until: number }
  | { readonly status: 'resting'; readonly step: number; readonly until: number }
  | VerifyingState
  | EndedState

/** Nothing is injected, and no driver has it. Before the run begins it holds no lock; before a later step it keeps beacon and locks. */
interface AwaitingState {
  readonly status: 'awaiting_approval'
  /** The step before which it waits; null: before the run begins. */
  readonly before: number | null
  readonly since: number
  /** From then on nothing is approved any more. */
  readonly expiresAt: number
  readonly request: ApprovalRequest
}

interface VerifyingState {
  readonly status: 'verifying'
  readonly step: number
  readonly since: number
  readonly until: number
  readonly attempts: number
  /** Orphans that earlier tries found and removed. */
  readonly found: readonly string[]
}

interface EndedState {
  readonly status: TerminalStatus
  readonly endedAt: number
  readonly refusals: readonly Refusal[]
  /** The person who ended a run whose undo could not be proven; null when it was proven. */
  readonly resolved: Resolution | null
}

/** One execution of a suite; a field exists only in the states where it means something. */
export type Run = RunBase & RunState
export type RunStatus = Run['status']

/** What lists say of a run: it changes with the run's state, and with nothing else. */
export type ListedRun = Pick<RunBase, 'id' | 'cluster' | 'namespace' | 'requestedAt'> & {
  readonly suite: Pick<Suite, 'name'>
} & ({ readonly status: Exclude<RunStatus, TerminalStatus> } | { readonly status: TerminalStatus; readonly endedAt: number })

type In<S extends RunStatus> = RunBase & Extract<RunState, { readonly status: S }>
export type Requested = In<'requested'>
export type Preparing = In<'preparing'>
export type Injecting = In<'injecting'>
export type Awaiting = In<'awaiting_approval'>
export type Overlapping = In<'overlapping'>
export type Ended = RunBase & EndedState

/** The fields of every state that are no fields of every run; the compiler knows when one is missing here. */
const stateFields = {
  status: true,
  step: true,
  since: true,
  until: true,
  revertAt: true,
  rechecked: true,
  attempts: true,
  retryAt: true,
  found: true,
  before: true,
  expiresAt: true,
  request: true,
  members: true,
  endedAt: true,
  refusals: true,
  resolved: true,
} satisfies Record<RunState extends infer S ? (S extends unknown ? keyof S : never) : never, true>

/** The run in another state; what belonged to the state that is left behind is dropped. */
export function withState<S extends RunState>(run: Run, state: S): RunBase & S {
  const kept = Object.entries(run).filter(([field]) => !(field in stateFields))
  return { ...(Object.fromEntries(kept) as unknown as RunBase), ...state }
}

const terminalStatuses: readonly TerminalStatus[] = ['succeeded', 'failed', 'no_effect', 'aborted', 'refused']

/** True when nothing will happen to the run any more. */
export function isEnded(run: Run): run is Ended
export function isEnded(run: ListedRun): run is Extract<ListedRun, { readonly status: TerminalStatus }>
export function isEnded(run: Pick<Run, 'status'>): boolean {
  return isTerminal(run.status)
}

/** The step a run is at, or waits for an approval of; null before the first and after the last. */
export function stepOf(run: Run): number | null {
  if (run.status === 'awaiting_approval') return run.before
  return 'step' in run ? run.step : null
}

/** Whether a run in that state is over. */
export function isTerminal(status: Run['status']): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status)
}
