import type { ProbeSample, ProbeSpec, ThresholdCrossing, ThresholdSpec } from './probe.ts'
import { compare } from './tolerance.ts'

/** What is known of a threshold after some answers of its probe. */
export interface ThresholdState {
  /** Since when every value was on the wrong side; null when the last one was not. */
  readonly since: number | null
  /** When it was crossed; null when it is not. */
  readonly crossedAt: number | null
  /** When something was measured last. */
  readonly measuredAt: number | null
}

export const calm: ThresholdState = { since: null, crossedAt: null, measuredAt: null }

/** With nothing measured for longer than this the values are not known to have stayed on the wrong side, and `for` begins anew. */
export function longestGapMs({ intervalMs, timeoutMs }: Pick<ProbeSpec, 'intervalMs' | 'timeoutMs'>): number {
  return Math.max(3 * intervalMs + timeoutMs, 15_000)
}

/**
 * The state after one more answer, and what changed by it. Pure, so that a driver that takes a run over comes to the same state from the stored
 * answers. An answer that could not be had neither begins nor ends anything.
 */
export function follow(
  state: ThresholdState,
  { spec, gapMs }: { readonly spec: ThresholdSpec; readonly gapMs: number },
  { value, at }: Pick<ProbeSample, 'value' | 'at'>,
): { readonly state: ThresholdState; readonly change: 'crossed' | 'recovered' | null } {
  const n = value === null ? Number.NaN : Number(value)
  if (Number.isNaN(n) || value === '') return { state, change: null }
  if (!compare(n, spec.op, spec.limit)) {
    return { state: { since: null, crossedAt: null, measuredAt: at }, change: state.crossedAt === null ? null : 'recovered' }
  }
  const isGap = state.measuredAt !== null && at - state.measuredAt > gapMs
  const since = state.since === null || (isGap && state.crossedAt === null) ? at : state.since
  const crosses = state.crossedAt === null && at - since >= spec.forMs
  return { state: { since, crossedAt: crosses ? at : state.crossedAt, measuredAt: at }, change: crosses ? 'crossed' : null }
}

/** A threshold for people: `error ratio > 0.1 for 120 s`. */
export function thresholdText({ probe, op, limit, forMs }: Pick<ThresholdSpec, 'probe' | 'op' | 'limit' | 'forMs'>): string {
  return `${probe} ${op} ${limit}${forMs === 0 ? '' : ` for ${forMs / 1000} s`}`
}

/** A crossing for people: `errors are high (error ratio > 0.1 for 120 s): it is 0.4`. */
export function crossingText({ threshold, value, ...spec }: Omit<ThresholdCrossing, 'severity' | 'action' | 'since'>): string {
  const text = thresholdText(spec)
  return `${threshold === text ? text : `${threshold} (${text})`}: it is ${value}`
}

/** What the history says of a crossing. */
export function crossedText(crossing: ThresholdCrossing): string {
  return `${crossing.severity} threshold crossed: ${crossingText(crossing)}${crossing.action === 'abort' ? '; the run is aborted' : ''}`
}

/** What the history says when a value is on the right side again. */
export function recoveredText(crossing: ThresholdCrossing): string {
  return `threshold no longer crossed: ${crossingText(crossing)}`
}
