import type { Reason } from '../../domain/reason.ts'
import { isEnded, type Resolution, type Run, untouchedStep } from '../../domain/run.ts'

/** EventBridge retries and archives for a day, people look back over a month: a redelivered event still finds its run. */
const keptMs = 30 * 24 * 3_600_000

/** When a driver or the reaper should look at a live run: at its lease's end, at its next attempt, or at once when it has no driver or its driver asks for another. */
export function wakeAt(run: Run): number {
  if (!run.handover && run.lease !== null) return run.lease.until
  return run.handover || run.status !== 'reverting' ? run.requestedAt : run.retryAt
}

/** Epoch seconds after which all of an ended run may be forgotten, undefined while it lives. */
export function expiry(run: Run): number | undefined {
  return isEnded(run) ? Math.ceil((run.endedAt + keptMs) / 1_000) : undefined
}

/** A run as it was stored, perhaps by a version that knew less of it: what is missing says nothing. */
export function readRun(record: object): Run {
  const run = record as Run
  const stepRecords = run.steps.map((record) => ({ ...untouchedStep, ...record, reasons: record.reasons.map((r) => readReason(run, r)) }))
  const ended = isEnded(run) ? { resolved: run.resolved ?? resolvedInText(run) } : {}
  const steps = run.suite.steps.map((step) => ({ ...step, hypothesis: step.hypothesis ?? '' }))
  return {
    ...run,
    suite: {
      ...run.suite,
      hypothesis: run.suite.hypothesis ?? '',
      probes: run.suite.probes ?? [],
      thresholds: run.suite.thresholds ?? [],
      steps,
    },
    steps: stepRecords,
    ...ended,
  }
}

/** Until there were codes a reason was its sentence; the one that an abort left in its step was the abort's own. */
function readReason({ abort }: Run, reason: Reason | string): Reason {
  if (typeof reason !== 'string') return reason
  return { code: reason === abort?.detail ? 'aborted' : 'earlier_format', detail: reason }
}

/** Until it was a field, a person's word was the run's only reason: `unproven: ended by WHO: WHY`. */
function resolvedInText(run: object): Resolution | null {
  const [reason] = 'reasons' in run && Array.isArray(run.reasons) ? run.reasons : []
  const match = /^unproven: ended by ([^:]*): (.*)$/s.exec(typeof reason === 'string' ? reason : '')
  return match === null ? null : { by: match[1] ?? '', why: match[2] ?? '' }
}
