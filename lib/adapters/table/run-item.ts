import type { Reason } from '../../domain/reason.ts'
import { fitRun } from '../../domain/record-size.ts'
import { isEnded, type Resolution, type Run, untouchedStep } from '../../domain/run.ts'
import { type Key, runKey } from './keys.ts'
import type { VersionedAttributes } from './versioned.ts'

/** EventBridge retries and archives for a day, people look back over a month: a redelivered event still finds its run. */
const keptMs = 30 * 24 * 3_600_000

/** When a driver or the reaper should look at a live run: at its lease's end, at its next attempt, or now when it has no driver or its driver asks for another. */
export function wakeAt(run: Run, now: number): number {
  if (run.handover) return now
  if (run.lease !== null) return run.lease.until
  return run.status === 'reverting' ? run.retryAt : now
}

/** Epoch seconds after which all of an ended run may be forgotten, undefined while it lives. */
export function expiry(run: Run): number | undefined {
  return isEnded(run) ? Math.ceil((run.endedAt + keptMs) / 1_000) : undefined
}

/** Where the run stands in the `due` index: a run that is over and still has events in its outbox is unsettled. */
function phaseOf(run: Run, now: number): { readonly phase: 'live' | 'unsettled' | 'ended'; readonly phaseAt: number } {
  if (!isEnded(run)) return { phase: 'live', phaseAt: wakeAt(run, now) }
  return { phase: run.events.length > 0 ? 'unsettled' : 'ended', phaseAt: run.requestedAt }
}

/** Everything of a run's item but its key: what the indexes sort by, and the run itself. */
export function runAttributes(run: Run, saveId: string, now: number): VersionedAttributes {
  return {
    ...phaseOf(run, now),
    version: run.version,
    saveId,
    suite: run.suite.name,
    requestedAt: run.requestedAt,
    ttl: expiry(run),
    body: fitRun(run),
  }
}

/** The whole item of a run, as its first save puts it. */
export function runItem(run: Run, saveId: string, now: number): Key & VersionedAttributes {
  return { ...runKey(run.id), ...runAttributes(run, saveId, now) }
}

/** A run as it was stored, perhaps by a version that knew less of it: what is missing says nothing. */
export function readRun(body: unknown): Run {
  const run = body as Run
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
