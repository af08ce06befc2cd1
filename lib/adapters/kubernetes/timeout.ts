import type { Clock } from '../../ports.ts'
import { late, withDeadline } from '../../with-deadline.ts'

/** Thrown by `within` when the time is up. */
export class TimedOut extends Error {
  constructor(ms: number) {
    super(`timed out after ${ms / 1000} s`)
    this.name = 'TimedOut'
  }
}

/** Runs `work` with a signal that aborts after `ms` of the clock, and rejects with `TimedOut` even if the work ignores it. */
export async function within<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  const answer = await withDeadline(clock, ms, work(over.signal))
  if (answer !== late) return answer
  const error = new TimedOut(ms)
  over.abort(error)
  throw error
}
