import { elapsed } from '../domain/elapsed.ts'
import { duration } from './durations.ts'

/** An undo begins at the planned end, to the second, and its proof takes 0.3 to 2.9 s on a real cluster: beyond this, something held it up. */
const lateMs = 5_000

interface StepTimes {
  readonly name: string
  readonly plannedEnd: number | null
  readonly revertedAt: number | null
}

/** `undone 28 s after its planned end (Cut the network)`, of the step that was latest; null when none was late. */
export function lateUndoText(steps: readonly StepTimes[]): string | null {
  const late = steps.map(({ name, plannedEnd, revertedAt }) => ({ name, ms: elapsed(plannedEnd, revertedAt) ?? 0 }))
  const [latest] = late.sort((a, b) => b.ms - a.ms)
  return latest === undefined || latest.ms <= lateMs ? null : `undone ${duration(latest.ms)} after its planned end (${latest.name})`
}
