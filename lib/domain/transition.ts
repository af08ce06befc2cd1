import { assertNever } from './errors.ts'
import type { Abort, Ended, HistoryEvent, InjectedOutcome, RecheckedOutcome, Run } from './run.ts'
import { baseOf, isEnded } from './run.ts'
import type { RunEvent } from './run-event.ts'
import { judged, recordOf, withProbes, withStep } from './step-record.ts'
import { crossedText, recoveredText } from './threshold.ts'
import { decideVerdict } from './verdict.ts'

export type { RunEvent } from './run-event.ts'

/** Wait before the next try of an undo that is not proven yet, by number of tries so far. */
export function retryDelayMs(attempts: number): number {
  return attempts < 20 ? 1000 : Math.min(30_000, 1000 * 2 ** Math.min(5, attempts - 19))
}

/**
 * The run after the event: one version higher, with the event in its outbox. Pure; an event that does not fit the state is a
 * programming error and throws.
 */
export function transition(run: Run, event: RunEvent, now: number): Run {
  if (isEnded(run) && event.type !== 'released' && event.type !== 'leased') throw unexpected(run, event)
  const next = apply(run, event, now)
  const events = describe(run, event).map(
    (line, n): HistoryEvent => ({ version: run.version + 1, n, at: now, type: event.type, step: stepOf(run), ...line }),
  )
  return { ...next, version: run.version + 1, events }
}

/** The step a run is at, null before the first and after the last. */
export function stepOf(run: Run): number | null {
  return 'step' in run ? run.step : null
}

function apply(run: Run, event: RunEvent, now: number): Run {
  switch (event.type) {
    case 'leased':
      return takeLease(run, event, now)
    case 'lease_renewed':
      return { ...run, lease: event.lease }
    case 'handed_over':
      return { ...run, handover: true }
    case 'released':
      return { ...run, lease: null }
    case 'threshold_crossed':
    case 'threshold_recovered':
      return run
    case 'abort':
      return beginRevert({ ...run, abort: run.abort ?? event.abort }, now)
    case 'resolved':
      return end(withStep(run, { verdict: 'failed', reasons: [`unproven: ${event.why} (resolved by ${event.by})`] }), 'failed', now, [
        `unproven: ended by ${event.by}: ${event.why}`,
      ])
    case 'refused':
      return {
        ...end(
          run,
          'refused',
          now,
          event.refusals.map((r) => r.message),
        ),
        refusals: event.refusals,
      }
    case 'admitted':
      return { ...baseOf(run), baseline: event.baseline, status: 'preparing', step: 0, until: now + run.suite.graceBeforeMs }
    case 'beacon_lit':
      return { ...run, beacon: event.beacon }
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
      | 'admitted'
      | 'beacon_lit'
  }
>

function applyToStep(run: Run, event: StepEvent, now: number): Run {
  if (!('step' in run)) throw unexpected(run, event)
  const { step } = run
  switch (event.type) {
    case 'step_planned':
      return { ...baseOf(withStep(run, { verdict: 'running', plannedAt: now })), status: 'injecting', step, since: now }
    case 'step_refused':
      return verifying(withStep(run, { verdict: 'failed', reasons: event.refusals.map((r) => r.message) }), step, now)
    case 'injected':
      return afterInject(run, step, event.outcomes, now)
    case 'rechecked':
      return afterRecheck(run, event.outcomes)
    case 'hold_over':
      return beginRevert(run, now)
    case 'reverted':
      return afterRevert(withProbes(withStep(run, { revertedAt: recordOf(run).revertedAt ?? now }), event.probes), step, now)
    case 'undo_unproven':
      if (run.status !== 'reverting') throw unexpected(run, event)
      return { ...run, attempts: run.attempts + 1, retryAt: now + retryDelayMs(run.attempts) }
    case 'recovered':
      return afterRecovery(judged(withProbes(withStep(run, { recoveredAt: now }), event.probes)), {
        step,
        now,
        goesOn: recordOf(run).verdict !== 'failed',
      })
    case 'not_recovered':
      return verifying(withStep(withProbes(run, event.probes), { verdict: 'failed', reasons: [event.message] }), step, now)
    case 'steady_checked':
      return afterSteadyCheck(run, event, now)
    case 'rested':
      return { ...baseOf(run), status: 'preparing', step: step + 1, until: now }
    case 'verified': {
      const orphans = new Set([...(run.status === 'verifying' ? run.found : []), ...event.orphans]).size
      const { status, reasons } = decideVerdict(run, orphans)
      return end({ ...run, orphans }, status, now, reasons)
    }
    case 'verify_failed':
      if (run.status !== 'verifying') throw unexpected(run, event)
      return { ...run, attempts: run.attempts + 1, until: now + retryDelayMs(run.attempts), found: [...run.found, ...event.orphans] }
    default:
      return assertNever(event)
  }
}

function takeLease(run: Run, event: Extract<RunEvent, { type: 'leased' }>, now: number): Run {
  const leased = { ...run, lease: event.lease, handover: false }
  return event.abort === null ? leased : beginRevert({ ...leased, abort: run.abort ?? event.abort }, now)
}

function afterInject(run: Run, step: number, outcomes: readonly InjectedOutcome[], now: number): Run {
  const failed = outcomes.filter((o) => o.status === 'failed')
  const idle = outcomes.filter((o) => o.status === 'no_effect')
  const reasons = [...failed, ...idle].map((o) => o.reason ?? o.status)
  if (failed.length > 0) return beginRevert(withStep(run, { verdict: 'failed', reasons }), now)
  if (idle.length > 0) return beginRevert(withStep(run, { verdict: 'no_effect', reasons }), now)
  const revertAt = now + (run.suite.steps[step]?.durationMs ?? 0)
  return { ...baseOf(withStep(run, { activeAt: now, plannedEnd: revertAt })), status: 'holding', step, revertAt, rechecked: false }
}

function afterRecheck(run: Run, outcomes: readonly RecheckedOutcome[]): Run {
  if (run.status !== 'holding') throw new TypeError(`rechecked while ${run.status}`)
  const reasons = outcomes
    .filter((o) => o.finding !== 'yes')
    .map((o) => `${o.finding === 'no' ? 'ended_early' : 'unknown at the end'}: ${o.summary}`)
  const next = reasons.length === 0 ? run : withStep(run, { verdict: 'no_effect', reasons })
  return { ...next, rechecked: true }
}

function beginRevert(run: Run, now: number): Run {
  if (run.status === 'reverting') return run
  if (run.status === 'verifying') return { ...run, until: now }
  return { ...baseOf(run), status: 'reverting', step: stepOf(run) ?? 0, since: now, attempts: 0, retryAt: now }
}

function afterRevert(run: Run, step: number, now: number): Run {
  if (run.abort !== null) {
    const interrupted = recordOf(run).verdict === 'running'
    const undone = { ...run, abort: { ...run.abort, undoneAt: now } }
    return verifying(interrupted ? withStep(undone, { verdict: 'aborted', reasons: [run.abort.detail] }) : undone, step, now)
  }
  return { ...baseOf(run), status: 'recovering', step, since: now, until: now + run.suite.recoveryTimeoutMs }
}

/** Without its steady state nothing more is done to the system. */
function afterSteadyCheck(run: Run, { finding, reasons, probes }: Extract<RunEvent, { type: 'steady_checked' }>, now: number): Run {
  const checked = withStep(withProbes(run, probes), { steady: finding, steadyAt: finding === 'yes' ? now : null })
  return finding === 'yes' ? checked : verifying(withStep(checked, { verdict: 'failed', reasons }), stepOf(run) ?? 0, now)
}

/** A step whose fault failed ends the run; one whose probes deviated while the fault was active does not. */
function afterRecovery(run: Run, { step, now, goesOn }: { readonly step: number; readonly now: number; readonly goesOn: boolean }): Run {
  const last = step >= run.suite.steps.length - 1
  if (!goesOn) return verifying(run, step, now)
  if (last) return verifying(run, step, now + run.suite.graceAfterMs)
  return { ...baseOf(run), status: 'resting', step, until: now + (run.suite.steps[step]?.intervalMs ?? 0) }
}

function end(run: Run, status: Ended['status'], now: number, reasons: readonly string[]): Ended {
  const steps = run.steps.map((record) =>
    record.verdict === 'pending' || record.verdict === 'running' ? { ...record, verdict: 'skipped' as const } : record,
  )
  return { ...baseOf(run), steps, status, endedAt: now, refusals: [], reasons }
}

function verifying(run: Run, step: number, until: number): Run {
  return { ...baseOf(run), status: 'verifying', step, since: until, until, attempts: 0, found: [] }
}

function unexpected(run: Run, event: RunEvent): TypeError {
  return new TypeError(`event ${event.type} does not fit a run that is ${run.status}`)
}

type Line = Pick<HistoryEvent, 'message'> & { readonly data?: Readonly<Record<string, unknown>> }

/** One sentence per event for the history; lease renewals leave none. */
function describe(run: Run, event: RunEvent): readonly Line[] {
  const say = (message: string, data?: Readonly<Record<string, unknown>>): readonly Line[] => [
    data === undefined ? { message } : { message, data },
  ]
  switch (event.type) {
    case 'lease_renewed':
      return []
    case 'leased':
      return [
        { message: event.continued ? `driven on by ${event.lease.owner}` : `driven by ${event.lease.owner}` },
        ...(event.abort === null ? [] : say(abortLine(event.abort))),
      ]
    case 'handed_over':
      return say('asks another driver to go on')
    case 'released':
      return say('lease given back')
    case 'refused':
    case 'step_refused':
      return event.refusals.map((r) => ({ message: `refused (${r.code}): ${r.message}`, data: { ...r } }))
    case 'admitted':
      return say(`admitted: ${event.baseline.ready} of ${event.baseline.total} pods are ready`, { ...event.baseline })
    case 'beacon_lit':
      return say(`beacon ${event.beacon.namespace}/${event.beacon.name} is lit`, { ...event.beacon })
    case 'step_planned':
      return say(`targets fixed: ${event.targets.join(', ')}`, { targets: event.targets, warnings: event.warnings })
    case 'injected':
      return event.outcomes.map((o) => ({
        message: `injection ${o.n}: ${o.status}${o.reason === null ? '' : `: ${o.reason}`}`,
        data: { ...o },
      }))
    case 'rechecked':
      return event.outcomes.map((o) => ({ message: `injection ${o.n} before its planned end: ${o.summary}`, data: { ...o } }))
    case 'hold_over':
      return say('duration is over: reverting')
    case 'reverted':
      return say(`undone, with proof: ${event.summaries.join('; ') || 'nothing had been injected'}`)
    case 'undo_unproven':
      return say(`undo not proven yet: ${event.messages.join('; ')}`)
    case 'recovered':
    case 'not_recovered':
    case 'verify_failed':
      return say(event.message)
    case 'rested':
      return say('interval is over')
    case 'steady_checked':
      return say(event.finding === 'yes' ? 'the steady state is there again' : event.reasons.join('; '), { finding: event.finding })
    case 'threshold_crossed':
      return say(crossedText(event.crossing), { ...event.crossing })
    case 'threshold_recovered':
      return say(recoveredText(event.crossing), { ...event.crossing })
    case 'verified':
      return say(event.orphans.length === 0 ? 'nothing of the run is left' : `orphans found and removed: ${event.orphans.join(', ')}`, {
        orphans: event.orphans,
      })
    case 'abort':
      return say(`${abortLine(event.abort)}${run.abort === null ? '' : ' (already aborting)'}`)
    case 'resolved':
      return say(`ended unproven by ${event.by}: ${event.why}`)
    default:
      return assertNever(event)
  }
}

function abortLine(abort: Abort): string {
  return `abort (${abort.reason}) by ${abort.by}: ${abort.detail}`
}
