import { shortPlan } from '../../lib/domain/approval.ts'
import { reasonTexts } from '../../lib/domain/reason.ts'
import type { Ended, ListedRun, Run } from '../../lib/domain/run.ts'
import { isEnded, stepOf } from '../../lib/domain/run.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import { isoSeconds } from '../../lib/time.ts'

/** What every function answers: what happened, and what a person can do next. */
export interface Answer {
  readonly happened: string
  readonly next: string
  readonly [more: string]: unknown
}

/** A run as lists have it, for functions that may not read its record. */
export function listedLine(run: ListedRun) {
  return {
    run: run.id,
    suite: run.suite.name,
    cluster: run.cluster.name,
    namespace: run.namespace,
    state: run.status,
    requestedAt: new Date(run.requestedAt).toISOString(),
  }
}

/** A run in a few words. */
export function runLine(run: Run) {
  return {
    ...listedLine(run),
    step: isEnded(run) ? null : stepOf(run),
    endedAt: isEnded(run) ? new Date(run.endedAt).toISOString() : null,
    reasons: isEnded(run) ? runReasonTexts(run) : [],
  }
}

/** What became of a run that was driven here. */
export function drivenAnswer(run: Run): Answer {
  const line = runLine(run)
  if (run.status === 'awaiting_approval') {
    return {
      happened: `run ${run.id} waits for approval of plan ${shortPlan(run.request.plan)} until ${isoSeconds(run.expiresAt)}`,
      next: `ask the function approve for {"run":"${run.id}"}, which says what it would do and how it is approved`,
      ...line,
    }
  }
  if (!isEnded(run) && !run.handover) {
    return {
      happened: `run ${run.id} is still ${run.status}: NOT proven undone`,
      next: 'the reaper tries again each minute; look at the targets, and "resolve" only what can never be proven',
      ...line,
    }
  }
  if (!isEnded(run)) {
    return {
      happened: `run ${run.id} is ${run.status} and was handed on to another invocation`,
      next: `ask control for {"action":"status","run":"${run.id}"}`,
      ...line,
    }
  }
  const steps = run.steps.map((step) => ({ name: step.name, verdict: step.verdict, reasons: reasonTexts(step) }))
  const refusals = run.refusals.map(({ code, step, message }) => ({ code, step, message }))
  return { happened: `run ${run.id} ended: ${run.status}`, next: nextAfter(run), ...line, orphans: run.orphans, steps, refusals }
}

function nextAfter({ status, resolved }: Ended): string {
  if (resolved !== null) return 'make sure by hand that nothing is left on the targets'
  switch (status) {
    case 'refused':
      return 'nothing was touched; remove what the refusals name, then start again'
    case 'succeeded':
      return 'nothing; every fault bit and is proven undone'
    default:
      return 'everything is proven undone; read the reasons, and the history by control\'s "status"'
  }
}
