import { shortPlan, toApproveText } from './approval.ts'
import { assertNever } from './errors.ts'
import type { HistoryEvent, HistoryLine, HistoryType, UndoTries } from './history-event.ts'
import type { Finding } from './injection.ts'
import { viewOf } from './overlapping.ts'
import type { Readiness } from './readiness.ts'
import { readinessText } from './readiness.ts'
import { reasonText } from './reason.ts'
import type { Run } from './run.ts'
import { stepOf } from './run.ts'
import type { MemberEvent, RunEvent } from './run-event.ts'
import type { Abort, InjectedOutcome } from './run-facts.ts'
import { cutTo } from './text.ts'
import { crossedText, recoveredText } from './threshold.ts'
import { membersOf } from './together.ts'

/** What the event leaves in the history of the run as it was before: mostly one line, none for a renewed lease. */
export function historyOf(run: Run, event: RunEvent | MemberEvent, now: number): readonly HistoryEvent[] {
  if (event.type === 'of_member') {
    const seen = viewOf(run, event.step)
    return linesOf(seen, event.event).map((line, n): HistoryEvent => ({ version: run.version + 1, n, at: now, step: event.step, ...line }))
  }
  return linesOf(run, event).map((line, n): HistoryEvent => ({ version: run.version + 1, n, at: now, step: stepOf(run), ...line }))
}

type Line = { readonly [T in HistoryType]: Pick<HistoryLine<T>, 'type' | 'message' | 'data'> }[HistoryType]

function linesOf(run: Run, event: RunEvent): readonly Line[] {
  switch (event.type) {
    case 'group_begun': {
      const names = membersOf(run.suite.steps, stepOf(run) ?? 0).map((step) => run.suite.steps[step]?.name)
      return [{ type: event.type, message: `overlap: ${names.join(', ')}` }]
    }
    case 'lease_renewed':
      return []
    case 'leased': {
      const { type, continued, lease, abort } = event
      const driven: Line = { type, message: `${continued ? 'driven on' : 'driven'} by ${lease.owner}` }
      return abort === null ? [driven] : [driven, { type, message: abortLine(abort), data: abort }]
    }
    case 'handed_over':
      return [{ type: event.type, message: `asks another driver to go on${underWayText(event)}` }]
    case 'released':
      return [{ type: event.type, message: 'lease given back' }]
    case 'refused':
    case 'step_refused':
      return event.refusals.map((r) => ({ type: event.type, message: `refused (${r.code}): ${r.message}`, data: r }))
    case 'approval_needed': {
      const { type, request, expiresAt } = event
      const what = request.steps.filter(({ why }) => why.length > 0).map(toApproveText)
      const message = `waits for approval of plan ${shortPlan(request.plan)}: ${what.join('; ')}`
      return [{ type, message: cutTo(message, longestMessage), data: { ...request, expiresAt } }]
    }
    case 'approved': {
      const { type, approval } = event
      const { plan, by, why } = approval
      return [{ type, message: `plan ${shortPlan(plan)} approved by ${by}: ${why}`, data: { plan, by, why } }]
    }
    case 'admitted': {
      const { type, baseline } = event
      return [{ type, message: `admitted: ${baseline.ready} of ${baseline.total} pods are ready`, data: baseline }]
    }
    case 'beacon_lit': {
      const { type, beacon } = event
      return [{ type, message: `beacon ${beacon.namespace}/${beacon.name} is lit`, data: beacon }]
    }
    case 'load_armed':
    case 'load_started':
    case 'load_ended':
    case 'load_gone':
      return [loadLine(run, event)]
    case 'resolved':
      return [{ type: event.type, message: `ended unproven by ${event.by}: ${event.why}` }]
    case 'abort': {
      const { type, abort } = event
      return [{ type, message: `${abortLine(abort)}${run.abort === null ? '' : ' (already aborting)'}`, data: abort }]
    }
    case 'threshold_crossed':
      return [{ type: event.type, message: crossedText(event.crossing), data: event.crossing }]
    case 'threshold_recovered':
      return [{ type: event.type, message: recoveredText(event.crossing), data: event.crossing }]
    case 'undo_unproven':
      return [{ type: event.type, message: `undo not proven yet: ${event.messages.join('; ')}`, data: triesOf(run) }]
    case 'verify_failed':
      return [{ type: event.type, message: event.message, data: { ...triesOf(run), orphans: event.orphans } }]
    case 'verified': {
      const { type, orphans, inert = [] } = event
      const found = orphans.length === 0 ? 'nothing of the run is left' : `orphans found and removed: ${orphans.join(', ')}`
      const swept = inert.length === 0 ? '' : `; inert leftovers of fuses taken away: ${inert.join(', ')}`
      return [{ type, message: `${found}${swept}`, data: { orphans, ...(inert.length === 0 ? {} : { inert }) } }]
    }
    default:
      return stepLines(event)
  }
}

/** A hundred steps in a sentence are none that a person reads; the data have them all. */
const longestMessage = 2_000

type LoadEvent = Extract<RunEvent, { type: 'load_armed' | 'load_started' | 'load_ended' | 'load_gone' }>

function loadLine(run: Run, event: LoadEvent): Line {
  if (event.type === 'load_armed') {
    const { name: load, fuse } = event.load
    return { type: event.type, message: `fuse of load ${load} is armed`, data: { load, fuse } }
  }
  const load = run.suite.load?.[event.n]?.name ?? `${event.n}`
  switch (event.type) {
    case 'load_started':
      return { type: event.type, message: `load ${load} is running`, data: { load } }
    case 'load_ended':
      return { type: event.type, message: `load ${load} ended before the run: ${event.end.detail}`, data: { load, ...event.end } }
    case 'load_gone':
      return { type: event.type, message: `nothing of load ${load} is left`, data: { load } }
  }
}

type StepEvent = Extract<
  RunEvent,
  {
    type:
      | 'step_planned'
      | 'injected'
      | 'rechecked'
      | 'targets_changed'
      | 'late_calls'
      | 'hold_over'
      | 'reverted'
      | 'recovered'
      | 'not_recovered'
      | 'rested'
      | 'steady_checked'
  }
>

function stepLines(event: StepEvent): readonly Line[] {
  switch (event.type) {
    case 'step_planned': {
      const { type, targets, warnings } = event
      return [{ type, message: `targets fixed: ${targets.join(', ')}`, data: { targets, warnings } }]
    }
    case 'injected':
      return event.outcomes.map((o) => ({
        type: event.type,
        message: `${became[o.status]}${o.reason === null ? '' : `: ${o.reason}`}${event.outcomes.length > 1 ? ` (injection ${o.n + 1})` : ''}`,
        data: o,
      }))
    case 'rechecked':
      return event.outcomes.map((o) => ({
        type: event.type,
        message: `${atEnd[o.finding]}: ${o.summary}`,
        data: o,
      }))
    case 'targets_changed':
    case 'late_calls': {
      const { type, changes } = event
      return [{ type, message: changes.map(({ target, message }) => `${target}: ${message}`).join('; '), data: { changes } }]
    }
    case 'hold_over':
      return [{ type: event.type, message: 'duration is over: reverting' }]
    case 'reverted':
      return [
        {
          type: event.type,
          message: `undone, with proof: ${event.summaries.join('; ') || 'nothing had been injected'}${fewerText(event)}`,
        },
      ]
    case 'recovered':
      return [{ type: event.type, message: `${event.message}${fewerText(event)}` }]
    case 'not_recovered':
      return [{ type: event.type, message: `not healthy again: ${event.message}${fewerText(event)}` }]
    case 'rested':
      return [{ type: event.type, message: 'interval is over' }]
    case 'steady_checked': {
      const { type, finding, reasons } = event
      const message = finding === 'yes' ? 'the steady state is there again' : reasons.map(reasonText).join('; ')
      return [{ type, message, data: { finding } }]
    }
    default:
      return assertNever(event)
  }
}

/** What an injection came to, for people. */
const became: Readonly<Record<InjectedOutcome['status'], string>> = {
  active: 'it bites',
  no_effect: 'it does not bite',
  failed: 'it could not be injected',
}

/** What the last look at a fault that is held found. */
const atEnd: Readonly<Record<Finding, string>> = {
  yes: 'still bites just before its planned end',
  no: 'ended before its planned end',
  unknown: 'whether it still bites before its planned end is unknown',
}

function underWayText({ underWay = [] }: Extract<RunEvent, { type: 'handed_over' }>): string {
  return underWay.length === 0 ? '' : `; unanswered yet: ${underWay.map(({ verb, kind, name }) => `${verb} of ${kind} ${name}`).join(', ')}`
}

/** Told where a run without probes had fewer Ready pods than before it. */
function fewerText({ readiness }: { readonly readiness?: Readiness }): string {
  return readiness === undefined || readiness.fewest >= readiness.of ? '' : `; ${readinessText(readiness)}`
}

function triesOf(run: Run): UndoTries {
  return run.status === 'reverting' || run.status === 'verifying' ? { since: run.since, attempts: run.attempts + 1 } : {}
}

function abortLine(abort: Abort): string {
  return `abort (${abort.reason}) by ${abort.by}: ${abort.detail}`
}
