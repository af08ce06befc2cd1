import type { Clock } from './ports.ts'

/** What `withDeadline` answers when the time was up first. */
export const late: unique symbol = Symbol('late')

/**
 * The work's answer, or `late` once `ms` of the clock have passed or `signal` aborts, whichever is first. The work is neither ended nor
 * waited for after that: give it a signal of its own where it can be ended, and see to it that its late failure is handled.
 */
export async function withDeadline<T>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof late> {
  const over = new AbortController()
  const end = signal === undefined ? over.signal : AbortSignal.any([over.signal, signal])
  try {
    return await Promise.race([work, clock.sleep(Math.max(0, ms), end).then((): typeof late => late)])
  } finally {
    over.abort(late)
  }
}
