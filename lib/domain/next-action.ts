import { assertNever } from './errors.ts'
import { owesLoads } from './load.ts'
import { isEnding, memberOf, viewOf } from './overlapping.ts'
import type { Overlapping, Run } from './run.ts'
import type { AbortReason } from './run-facts.ts'
import { owesSteadyCheck } from './steady.ts'
import { isGrouped } from './together.ts'

/** What the engine is to do next. */
export type Action =
  | { readonly do: 'admit' }
  /** No person approved in time. */
  | { readonly do: 'lapse' }
  | { readonly do: 'light_beacon' }
  | { readonly do: 'start_load' }
  | { readonly do: 'plan_step' }
  | { readonly do: 'begin_group' }
  /** Each step of the group has its own next action: that of the run as it sees it (`viewOf`). */
  | { readonly do: 'overlap' }
  | { readonly do: 'inject' }
  | { readonly do: 'recheck' }
  | { readonly do: 'end_hold' }
  | { readonly do: 'revert' }
  | { readonly do: 'check_recovery' }
  | { readonly do: 'check_steady' }
  | { readonly do: 'end_rest' }
  | { readonly do: 'verify' }
  | { readonly do: 'abort'; readonly reason: AbortReason; readonly detail: string }
  /** `watch`: look for halts, aborts and missing fuses meanwhile. */
  | { readonly do: 'wait'; readonly until: number; readonly watch: boolean }
  /** A person has to act first (an approval), or nothing is left to do. */
  | { readonly do: 'nothing' }

/**
 * How long before its planned end a fault's evidence is taken again; half of its duration at most. Longer than a dial into a network
 * that drops packets takes to give up.
 */
const recheckLeadMs = 5_000
/** Thousands of pods come as pages of 500, which may take a second each on a busy API server. */
const recheckLeadPerTargetMs = 2

/** When a run that was admitted must be over; then it is aborted and reverted. What it waited to begin is no part of its time. */
export function deadlineOf(run: Run): number {
  const approved = run.approvals?.findLast(({ before }) => before === null)
  return (approved?.at ?? run.requestedAt) + run.suite.maxDurationMs
}

/** Decides, from the record alone, what comes next. Pure: the same run at the same time always gives the same action. */
export function nextAction(run: Run, now: number): Action {
  switch (run.status) {
    case 'requested':
      return { do: 'admit' }
    case 'awaiting_approval':
      return now < run.expiresAt ? { do: 'nothing' } : { do: 'lapse' }
    case 'reverting':
      return now < run.retryAt ? wait(run.retryAt, false) : { do: 'revert' }
    case 'verifying':
      if (owesSteadyCheck(run, run.steps[run.step])) return { do: 'check_steady' }
      return now < run.until ? wait(run.until, run.abort === null && run.attempts === 0) : { do: 'verify' }
    case 'preparing':
    case 'injecting':
    case 'holding':
    case 'recovering':
    case 'resting':
    case 'overlapping':
      return now >= deadlineOf(run) && run.abort === null
        ? { do: 'abort', reason: 'deadline', detail: `the run lasted longer than its maxDuration of ${run.suite.maxDurationMs / 1000} s` }
        : nextInStep(run, now)
    case 'succeeded':
    case 'failed':
    case 'no_effect':
    case 'aborted':
    case 'refused':
      return { do: 'nothing' }
    default:
      return assertNever(run)
  }
}

/** When the fault of a step that is held is looked at once more, ms since epoch. */
export function recheckTimeOf(run: Extract<Run, { status: 'holding' }>): number {
  const targets = run.steps[run.step]?.plan?.targets ?? 0
  const leadMs = Math.max(recheckLeadMs, targets * recheckLeadPerTargetMs)
  return run.revertAt - Math.min(leadMs, (run.suite.steps[run.step]?.durationMs ?? 0) / 2)
}

function nextInStep(
  run: Extract<Run, { status: 'preparing' | 'injecting' | 'holding' | 'recovering' | 'resting' | 'overlapping' }>,
  now: number,
): Action {
  switch (run.status) {
    case 'preparing':
      if (run.beacon === null) return { do: 'light_beacon' }
      if (owesLoads(run)) return { do: 'start_load' }
      if (now < run.until) return wait(run.until, true)
      return { do: isGrouped(run.suite.steps, run.step) ? 'begin_group' : 'plan_step' }
    case 'injecting':
      return { do: 'inject' }
    case 'holding': {
      const recheckAt = recheckTimeOf(run)
      if (now >= run.revertAt) return { do: 'end_hold' }
      if (!run.rechecked) return now < recheckAt ? wait(recheckAt, true) : { do: 'recheck' }
      return wait(run.revertAt, true)
    }
    case 'recovering':
      return { do: 'check_recovery' }
    case 'resting':
      if (owesSteadyCheck(run, run.steps[run.step])) return { do: 'check_steady' }
      return now < run.until ? wait(run.until, true) : { do: 'end_rest' }
    case 'overlapping':
      return { do: 'overlap' }
    default:
      return assertNever(run)
  }
}

/** What comes next for one step of the group that a run is at. */
export function nextOfMember(run: Overlapping, step: number, now: number): Action {
  const member = memberOf(run, step)
  if (member.status === 'over' || (member.status === 'preparing' && isEnding(run))) return { do: 'nothing' }
  // A group is left by an abort of the whole run alone, which its own deadline is.
  if (member.status === 'preparing') return now < member.until ? wait(member.until, true) : { do: 'plan_step' }
  const seen = viewOf(run, step)
  return seen.status === 'reverting' ? nextAction(seen, now) : nextInStep(seen as Extract<Run, { status: 'injecting' | 'holding' }>, now)
}

function wait(until: number, watch: boolean): Action {
  return { do: 'wait', until, watch }
}
