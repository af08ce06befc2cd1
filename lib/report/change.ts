/** Whether something got better or worse; `other` where it is neither, only different. */
export type Change = 'worse' | 'better' | 'other'

/** Smaller differences of a time are chance: readiness probes ask every few seconds. */
const tellingMs = 5_000
/** Of 100; smaller ones are one answer of many. */
const tellingPoints = 1

/** A time that is the shorter the better (what came early came in time), against an earlier one; null where they do not differ by enough to tell. */
export function changeOfTime(before: number | null, now: number | null): Change | null {
  if (before === null || now === null) return null
  const later = Math.max(0, now) - Math.max(0, before)
  if (Math.abs(later) < tellingMs) return null
  return later > 0 ? 'worse' : 'better'
}

/** A resilience score, likewise; having none any more, or for the first time, is another matter. */
export function changeOfScore(before: number | null, now: number | null): Change | null {
  if (before === null || now === null) return before === now ? null : 'other'
  if (Math.abs(now - before) < tellingPoints) return null
  return now < before ? 'worse' : 'better'
}

/** A verdict of a run or a step, likewise: only what succeeded is good. */
export function changeOfVerdict(before: string, now: string): Change | null {
  if (before === now) return null
  return now === 'succeeded' ? 'better' : before === 'succeeded' ? 'worse' : 'other'
}
