import { begunBlock, recoveredAll, withGroupAnswers, withLateness, withReverted } from './block-record.ts'
import { assertNever } from './errors.ts'
import { historyOf } from './history.ts'
import type { TargetEvent } from './injection.ts'
import { afterLoad, type LoadEvent } from './load-transition.ts'
import { fitsMember, viewOf, withView } from './overlapping.ts'
import type { Reason } from './reason.ts'
import { causeOf, refusedReasons } from './reason.ts'
import type { Ended, Run, StepRecord, TerminalStatus } from './run.ts'
import { isEnded, stepOf, withState } from './run.ts'
import type { MemberEvent, RunEvent } from './run-event.ts'
import type { InjectedOutcome, RecheckedOutcome } from './run-facts.ts'
import { recordOf, withStep } from './step-record.ts'
import { membersOf } from './together.ts'
import { decideVerdict } from './verdict.ts'

export type { RunEvent } from './run-event.ts'

/** Of a step's changes so many are kept, the newest: a run's record must not grow with what happens around it. */
const mostChanges = 30

/** Wait before the next try of an undo that is not proven yet, by number of tries so far. */
export function retryDelayMs(attempts: number): number {
  return attempts < 20 ? 1000 : Math.min(30_000, 1000 * 2 ** Math.min(5, attempts - 19))
}

/**
 * The run after the event: one version higher, with the event in its outbox. Pure; an event that does not fit the state is a
 * programming error and throws.
 */
export function transition(run: Run, event: RunEvent | MemberEvent, now: number): Run {
  if (isEnded(run) && event.type !== 'released' && event.type !== 'leased') throw unexpected(run, event)
  const next = apply(run, event, now)
  return { ...next, version: run.version + 1, events: historyOf(run, event, now) }
}

function apply(run: Run, event: RunEvent | MemberEvent, now: number): Run {
  switch (event.type) {
    case 'leased':
      return takeLease(run, event, now)
    case 'lease_renewed':
      return { ...run, lease: event.lease }
    case 'handed_over':
      return handedOver(run, event)
    case 'released':
      return { ...run, lease: null }
    case 'threshold_crossed':
    case 'threshold_recovered':
      return run
    case 'abort':
      return beginRevert({ ...run, abort: run.abort ?? event.abort }, now)
    case 'resolved': {
      const { type, ...resolution } = event
      const { by, why } = resolution
      const failed = withStep(run, { verdict: 'failed', reasons: [{ code: 'resolved', detail: `${why} (resolved by ${by})` }] })
      return { ...end(failed, 'failed', now), resolved: resolution }
    }
    case 'refused':
      return { ...end(run, 'refused', now), refusals: event.refusals }
    case 'approval_needed':
      return awaiting(run, event, now)
    case 'approved':
      return afterApproval(run, event, now)
    case 'admitted':
      return withState({ ...run, baseline: event.baseline }, { status: 'preparing', step: 0, until: now + run.suite.graceBeforeMs })
    case 'beacon_lit':
      return { ...run, beacon: event.beacon }
    case 'load_armed':
    case 'load_started':
    case 'load_ended':
    case 'load_gone':
      return afterLoad(run, event, now)
    case 'group_begun':
      if (run.status !== 'preparing') throw unexpected(run, event)
      return withState(run, { status: 'overlapping', step: run.step, since: now, members: [] })
    case 'of_member': {
      const { step, event: own } = event
      if (run.status !== 'overlapping' || !fitsMember(run, step, own)) throw unexpected(run, own)
      return withView(run, apply(viewOf(run, step), own, now), { step, now })
    }
    default:
      return applyToStep(run, event, now)
  }
}

type StepEvent = Exclude<
  RunEvent,
  {
    type:
      | 'leased'
      | 'lease_renewed'
      | 'handed_over'
      | 'released'
      | 'threshold_crossed'
      | 'threshold_recovered'
      | 'abort'
      | 'resolved'
      | 'refused'
      | 'approval_needed'
      | 'approved'
      | 'admitted'
      | 'beacon_lit'
      | LoadEvent['type']
      | 'group_begun'
  }
>

function applyToStep(run: Run, event: StepEvent, now: number): Run {
  const step = event.type === 'step_refused' || run.status !== 'awaiting_approval' ? stepOf(run) : null
  if (step === null) throw unexpected(run, event)
  switch (event.type) {
    case 'step_planned':
      return withState(withStep(run, { verdict: 'running', plan: event.plan, plannedAt: now }), { status: 'injecting', step, since: now })
    case 'step_refused':
      return verifying(withStep(run, { verdict: 'failed', reasons: refusedReasons(event.refusals) }), step, now)
    case 'injected':
      return afterInject(run, step, event.outcomes, now)
    case 'rechecked':
      return afterRecheck(run, event.outcomes)
    case 'late_calls': {
      const { underWay, ...told } = withChanges(run, event.changes)
      return told
    }
    case 'targets_changed':
      return withLostTargets(withChanges(run, event.changes), event.ended ?? [])
    case 'hold_over':
      return beginRevert(run.status === 'holding' && !run.rechecked ? withStep(run, neverRechecked) : run, now)
    case 'reverted':
      return afterRevert(withLateness(withGroupAnswers(withReverted(run, now), event)), step, now)
    case 'undo_unproven':
      if (run.status !== 'reverting') throw unexpected(run, event)
      return { ...run, attempts: run.attempts + 1, retryAt: now + retryDelayMs(run.attempts) }
    case 'recovered':
      return afterRecovery(recoveredAll(run, event, now), {
        step,
        now,
        goesOn: membersOf(run.suite.steps, step).every((at) => run.steps[at]?.verdict !== 'failed'),
      })
    case 'not_recovered': {
      const failed: Partial<StepRecord> = { verdict: 'failed', reasons: [{ code: 'not_recovered', detail: event.message }] }
      const each = (all: Run, at: number) => withStep(all, failed, at)
      return verifying(begunBlock(run).reduce(each, withGroupAnswers(run, event)), step, now)
    }
    case 'steady_checked':
      return afterSteadyCheck(run, event, now)
    case 'rested':
      return withState(run, { status: 'preparing', step: step + 1, until: now })
    case 'verified': {
      const orphans = new Set([...(run.status === 'verifying' ? run.found : []), ...event.orphans]).size
      return end({ ...run, orphans }, decideVerdict(run, orphans), now)
    }
    case 'verify_failed':
      if (run.status !== 'verifying') throw unexpected(run, event)
      return { ...run, attempts: run.attempts + 1, until: now + retryDelayMs(run.attempts), found: [...run.found, ...event.orphans] }
    default:
      return assertNever(event)
  }
}

/** Before the run begins, or before a step whose fault is yet to be planned: nothing is injected. */
function awaiting(run: Run, event: Extract<RunEvent, { type: 'approval_needed' }>, now: number): Run {
  if (run.status !== 'requested' && run.status !== 'preparing') throw unexpected(run, event)
  const { request, expiresAt } = event
  const left = { ...run, lease: null, handover: false }
  return withState(left, { status: 'awaiting_approval', before: stepOf(run), since: now, expiresAt, request })
}

/** What stands against it is looked at anew: the run is admitted, or its step planned, as it is then. */
function afterApproval(run: Run, event: Extract<RunEvent, { type: 'approved' }>, now: number): Run {
  if (run.status !== 'awaiting_approval' || event.approval.plan !== run.request.plan) throw unexpected(run, event)
  const approved = { ...run, approvals: [...(run.approvals ?? []), event.approval], lease: event.lease }
  if (run.before === null) return withState(approved, { status: 'requested' })
  return withState(approved, { status: 'preparing', step: run.before, until: now })
}

function takeLease(run: Run, event: Extract<RunEvent, { type: 'leased' }>, now: number): Run {
  const leased = { ...run, lease: event.lease, handover: false }
  return event.abort === null ? leased : beginRevert({ ...leased, abort: run.abort ?? event.abort }, now)
}

function handedOver(run: Run, { unfencedUntil, underWay }: Extract<RunEvent, { type: 'handed_over' }>): Run {
  return {
    ...run,
    handover: true,
    ...(unfencedUntil === undefined ? {} : { unfencedUntil }),
    ...(underWay === undefined ? {} : { underWay }),
  }
}

function withChanges<R extends Run>(run: R, changes: readonly TargetEvent[]): R {
  return withStep(run, { changes: [...recordOf(run).changes, ...changes].slice(-mostChanges) })
}

/** The fault lasts from its first effect on the target that was hit last, not from the moment at which that is recorded. */
function afterInject(run: Run, step: number, outcomes: readonly InjectedOutcome[], now: number): Run {
  const failed = outcomes.filter((o) => o.status === 'failed')
  const idle = outcomes.filter((o) => o.status === 'no_effect')
  const reasons = [...failed, ...idle].map(injectedReason)
  if (failed.length > 0) return beginRevert(withStep(run, { verdict: 'failed', reasons }), now)
  if (idle.length > 0) return beginRevert(withStep(run, { verdict: 'no_effect', reasons }), now)
  const activeAt = Math.max(...outcomes.map(({ biteAt }) => Math.min(biteAt ?? now, now)))
  const revertAt = activeAt + (run.suite.steps[step]?.durationMs ?? 0)
  return withState(withStep(run, { activeAt, plannedEnd: revertAt }), { status: 'holding', step, revertAt, rechecked: false })
}

function injectedReason({ status, finding, reason, isImpossible }: InjectedOutcome): Reason {
  const failed = isImpossible === true ? 'not_possible_here' : 'injection_failed'
  const code = status === 'failed' ? failed : finding === 'unknown' ? 'effect_unknown' : 'no_effect'
  return { code, detail: reason ?? status }
}

/** The run changed hands just before the planned end, and no driver looked: what cannot be said is no pass. */
const neverRechecked: Partial<StepRecord> = {
  verdict: 'no_effect',
  reasons: [{ code: 'unknown_at_end', detail: 'no driver looked before the planned end' }],
}

function afterRecheck(run: Run, outcomes: readonly RecheckedOutcome[]): Run {
  if (run.status !== 'holding') throw new TypeError(`rechecked while ${run.status}`)
  const expected = run.suite.steps[run.step]?.expect
  const reasons = outcomes
    .filter(({ finding, cause }) => finding !== 'yes' && (finding !== 'no' || cause === undefined || cause !== expected))
    .map(({ finding, summary, cause }): Reason => {
      if (finding !== 'no') return { code: 'unknown_at_end', detail: summary }
      return { code: 'ended_early', detail: summary, ...(cause === undefined ? {} : { cause }) }
    })
  const next = reasons.length === 0 ? run : withStep(run, { verdict: 'no_effect', reasons })
  return { ...next, rechecked: true }
}

/** Targets that went after the last look at the fault itself, and before its planned end. */
function withLostTargets(run: Run, ended: readonly TargetEvent[]): Run {
  const expected = run.suite.steps[stepOf(run) ?? 0]?.expect
  const { changes } = recordOf(run)
  const reasons = [...Map.groupBy(ended, ({ target }) => target)].flatMap(([target, events]): readonly Reason[] => {
    const cause = causeOf([...events, ...changes.filter((change) => change.target === target)])
    const ofCause = cause === undefined ? {} : { cause }
    return cause !== undefined && cause === expected
      ? []
      : [{ code: 'ended_early', detail: `${target}: ${events[0]?.message}`, ...ofCause }]
  })
  return reasons.length === 0 || recordOf(run).verdict !== 'running' ? run : withStep(run, { verdict: 'no_effect', reasons })
}

function beginRevert(run: Run, now: number): Run {
  if (run.status === 'reverting') return run
  if (run.status === 'verifying') return { ...run, until: now }
  return withState(run, { status: 'reverting', step: stepOf(run) ?? 0, since: now, attempts: 0, retryAt: now })
}

function afterRevert(run: Run, step: number, now: number): Run {
  if (run.abort !== null) {
    const undone = { ...run, abort: { ...run.abort, undoneAt: now } }
    const { detail, cause } = run.abort
    const reason: Reason = { code: 'aborted', detail, ...(cause === undefined ? {} : { cause }) }
    const interrupted = begunBlock(run).filter((at) => run.steps[at]?.verdict === 'running')
    const aborted = (all: Run, at: number) => withStep(all, { verdict: 'aborted', reasons: [reason] }, at)
    return verifying(interrupted.reduce(aborted, undone as Run), step, now)
  }
  return withState(run, { status: 'recovering', step, since: now, until: now + run.suite.recoveryTimeoutMs })
}

/** Without its steady state nothing more is done to the system. */
function afterSteadyCheck(run: Run, event: Extract<RunEvent, { type: 'steady_checked' }>, now: number): Run {
  const { finding, reasons } = event
  const steady = { steady: finding, steadyAt: finding === 'yes' ? now : null }
  const block = begunBlock(run)
  const checked = block.reduce((all, at) => withStep(all, steady, at), withGroupAnswers(run, event))
  if (finding === 'yes') return checked
  const failed = (all: Run, at: number) => withStep(all, { verdict: 'failed', reasons }, at)
  return verifying(block.reduce(failed, checked), stepOf(run) ?? 0, now)
}

/** A step whose fault failed ends the run; one whose probes deviated while the fault was active does not. */
function afterRecovery(run: Run, { step, now, goesOn }: { readonly step: number; readonly now: number; readonly goesOn: boolean }): Run {
  const last = step >= run.suite.steps.length - 1
  if (!goesOn) return verifying(run, step, now)
  if (last) return verifying(run, step, now + run.suite.graceAfterMs)
  return withState(run, { status: 'resting', step, until: now + (run.suite.steps[step]?.intervalMs ?? 0) })
}

function end(run: Run, status: TerminalStatus, now: number): Ended {
  const steps = run.steps.map((record) =>
    record.verdict === 'pending' || record.verdict === 'running' ? { ...record, verdict: 'skipped' as const } : record,
  )
  return withState({ ...run, steps }, { status, endedAt: now, refusals: [], resolved: null })
}

function verifying(run: Run, step: number, until: number): Run {
  return withState(run, { status: 'verifying', step, since: until, until, attempts: 0, found: [] })
}

function unexpected(run: Run, event: Pick<RunEvent | MemberEvent, 'type'>): TypeError {
  return new TypeError(`event ${event.type} does not fit a run that is ${run.status}`)
}
