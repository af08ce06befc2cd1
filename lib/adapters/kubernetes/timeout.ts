import type { Clock } from '../../ports.ts'

/** Thrown by `within` when the time is up. */
export class TimedOut extends Error {
  constructor(ms: number) {
    super(`timed out after ${ms / 1000} s`)
    this.name = 'TimedOut'
  }
}

/** Runs `work` with a signal that aborts after `ms` of the clock, and rejects with `TimedOut` even if the work ignores it. */
export async function within<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const done = new AbortController()
  const late = new AbortController()
  const timeout = new Promise<never>((_, reject) => {
    void clock.sleep(ms, done.signal).then(() => {
      if (done.signal.aborted) return
      const error = new TimedOut(ms)
      late.abort(error)
      reject(error)
    })
  })
  try {
    return await Promise.race([work(late.signal), timeout])
  } finally {
    done.abort()
  }
}
