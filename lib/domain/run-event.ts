import type { Approval, ApprovalRequest } from './approval.ts'
import type { Finding, TargetEvent } from './injection.ts'
import type { LoadEnd, LoadRecord, LoadSaid } from './load.ts'
import type { PlanSeal } from './plan-seal.ts'
import type { ProbeSummary, ThresholdCrossing } from './probe.ts'
import type { Readiness } from './readiness.ts'
import type { Reason } from './reason.ts'
import type { Refusal } from './refusal.ts'
import type { Lease, Resolution } from './run.ts'
import type { Abort, Baseline, BeaconRef, CallUnderWay, InjectedOutcome, RecheckedOutcome } from './run-facts.ts'

/** Everything that can happen to a run. The engine reports what it saw; `transition` says what that makes of the run. */
export type RunEvent =
  /** `abort`: the one who takes over may only revert; stored together with the lease, so that no crash forgets it. */
  | { readonly type: 'leased'; readonly lease: Lease; readonly continued: boolean; readonly abort: Abort | null }
  | { readonly type: 'lease_renewed'; readonly lease: Lease }
  /** `unfencedUntil`: when the last call of this driver that no fuse can fence has arrived, or never will. */
  | { readonly type: 'handed_over'; readonly unfencedUntil?: number; readonly underWay?: readonly CallUnderWay[] }
  /** What became of the calls that the driver before had under way. */
  | { readonly type: 'late_calls'; readonly changes: readonly TargetEvent[] }
  | { readonly type: 'released' }
  | { readonly type: 'refused'; readonly refusals: readonly Refusal[] }
  /** What comes next waits for a person; its driver leaves, so that no lease is held meanwhile. */
  | { readonly type: 'approval_needed'; readonly request: ApprovalRequest; readonly expiresAt: number }
  /** `lease`: of whom the run waits for to be driven on. */
  | { readonly type: 'approved'; readonly approval: Approval; readonly lease: Lease }
  | { readonly type: 'admitted'; readonly baseline: Baseline }
  | { readonly type: 'beacon_lit'; readonly beacon: BeaconRef }
  /** The fuse of a load stands; its Job is made after that is stored. */
  | { readonly type: 'load_armed'; readonly load: Pick<LoadRecord, 'n' | 'name' | 'namespace' | 'fuse'> }
  | { readonly type: 'load_started'; readonly n: number }
  | ({ readonly type: 'load_ended'; readonly n: number; readonly end: LoadEnd } & LoadSaid)
  /** Nothing of it is left; `end` counts where none was recorded before. */
  | ({ readonly type: 'load_gone'; readonly n: number; readonly end: LoadEnd } & LoadSaid)
  | { readonly type: 'step_planned'; readonly plan: PlanSeal; readonly targets: readonly string[]; readonly warnings: readonly string[] }
  | { readonly type: 'step_refused'; readonly refusals: readonly Refusal[] }
  | { readonly type: 'injected'; readonly outcomes: readonly InjectedOutcome[] }
  | { readonly type: 'rechecked'; readonly outcomes: readonly RecheckedOutcome[] }
  /** Seen beside the main loop while the fault is held; with `ended` as its time is over: what took targets away, told before or not. */
  | { readonly type: 'targets_changed'; readonly changes: readonly TargetEvent[]; readonly ended?: readonly TargetEvent[] }
  | { readonly type: 'hold_over' }
  /** `probes` of this and the next events: what the step's probes answered so far; `readiness`: without any, how few pods were Ready. */
  | ({ readonly type: 'reverted'; readonly summaries: readonly string[] } & Answers)
  | { readonly type: 'undo_unproven'; readonly messages: readonly string[] }
  | ({ readonly type: 'recovered'; readonly message: string } & Answers)
  | ({ readonly type: 'not_recovered'; readonly message: string } & Answers)
  /** `reasons`: one for each probe that did not find the steady state again. */
  | ({ readonly type: 'steady_checked'; readonly finding: Finding; readonly reasons: readonly Reason[] } & Answers)
  | { readonly type: 'threshold_crossed'; readonly crossing: ThresholdCrossing }
  | { readonly type: 'threshold_recovered'; readonly crossing: ThresholdCrossing }
  | { readonly type: 'rested' }
  /** `inert`: labels that the fuses of other runs had left behind, and that went with the sweep; no orphans. */
  | { readonly type: 'verified'; readonly orphans: readonly string[]; readonly inert?: readonly string[] }
  | { readonly type: 'verify_failed'; readonly message: string; readonly orphans: readonly string[] }
  | { readonly type: 'abort'; readonly abort: Abort }
  | ({ readonly type: 'resolved' } & Resolution)
  /** The steps of a group may begin, each when it is due. */
  | { readonly type: 'group_begun' }

/** What the probes of the run's step answered so far, or how few pods were Ready; `others`: of each other step of its group. */
export interface Answers extends StepAnswers {
  readonly others?: readonly (StepAnswers & { readonly step: number })[]
}

interface StepAnswers {
  readonly probes?: readonly ProbeSummary[]
  readonly readiness?: Readiness
}

/** An event of one step of a group, as it would be the run's if that step were alone. */
export interface MemberEvent {
  readonly type: 'of_member'
  readonly step: number
  readonly event: RunEvent
}
