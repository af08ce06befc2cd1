import type { ApprovalRequest } from './approval.ts'
import type { Finding, FuseRef, TargetEvent } from './injection.ts'
import type { LoadEnd } from './load.ts'
import type { ThresholdCrossing } from './probe.ts'
import type { Refusal } from './refusal.ts'
import type { Abort, Baseline, BeaconRef, InjectedOutcome, RecheckedOutcome } from './run-facts.ts'

/** How bad the news of an undo that is not proven is: since when, and how often, it was tried. */
export interface UndoTries {
  readonly since?: number
  readonly attempts?: number
}

/** What each type of history event says besides its sentence. Stored and published: fields are added, never renamed. */
export interface HistoryData {
  /** The digest of the guards in force. */
  readonly requested: { readonly guards: string }
  /** The second line of a takeover that may only revert. */
  readonly leased: Abort
  readonly lease_renewed: undefined
  readonly handed_over: undefined
  readonly released: undefined
  readonly approval_needed: ApprovalRequest & { readonly expiresAt: number }
  readonly approved: { readonly plan: string; readonly by: string; readonly why: string }
  readonly refused: Refusal
  readonly admitted: Baseline
  readonly beacon_lit: BeaconRef
  readonly load_armed: { readonly load: string; readonly fuse: FuseRef }
  readonly load_started: { readonly load: string }
  readonly load_ended: LoadEnd & { readonly load: string }
  readonly load_gone: { readonly load: string }
  readonly group_begun: undefined
  readonly step_planned: { readonly targets: readonly string[]; readonly warnings: readonly string[] }
  readonly step_refused: Refusal
  readonly injected: InjectedOutcome
  readonly rechecked: RecheckedOutcome
  readonly targets_changed: { readonly changes: readonly TargetEvent[] }
  readonly late_calls: { readonly changes: readonly TargetEvent[] }
  readonly hold_over: undefined
  readonly reverted: undefined
  readonly undo_unproven: UndoTries
  readonly recovered: undefined
  readonly not_recovered: undefined
  readonly steady_checked: { readonly finding: Finding }
  readonly threshold_crossed: ThresholdCrossing
  readonly threshold_recovered: ThresholdCrossing
  readonly rested: undefined
  readonly verified: { readonly orphans: readonly string[]; readonly inert?: readonly string[] }
  readonly verify_failed: UndoTries & { readonly orphans: readonly string[] }
  readonly abort: Abort
  readonly resolved: undefined
  /** Told by a driver that lost the store; never stored. */
  readonly store_lost: undefined
}

export type HistoryType = keyof HistoryData

/** What those of the events that are of this type say besides their sentences. */
export function dataOf<T extends HistoryType>(events: readonly HistoryEvent[], type: T): readonly NonNullable<HistoryData[T]>[] {
  return events.flatMap((event) => (event.type === type && event.data !== undefined ? [event.data as NonNullable<HistoryData[T]>] : []))
}

/** One line of the history; `n` counts within the version that wrote it. Older records may lack `data`. */
export type HistoryEvent = { readonly [T in HistoryType]: HistoryLine<T> }[HistoryType]

export interface HistoryLine<T extends HistoryType> {
  readonly version: number
  readonly n: number
  readonly at: number
  readonly type: T
  readonly step: number | null
  readonly message: string
  readonly data?: HistoryData[T]
}
