import { uptime } from 'node:os'
import type { Clock } from '../ports.ts'

/** The machine's three ways to tell the time, in ms. */
export interface TimeSources {
  /** Since 1970; people and NTP move it. */
  readonly wall: () => number
  /** Never moved; stands still while the machine sleeps. */
  readonly monotonic: () => number
  /** Since the machine started, its sleep included; in whole seconds on some systems. */
  readonly uptime: () => number
}

/**
 * By how much uptime must have outrun the monotonic clock before the machine is taken to have slept: twice the step in which some systems
 * tell their uptime.
 */
const sleptMs = 2_000

/**
 * A machine that slept finds its wall clock moved against the monotonic one. Only where that shows, by less than it takes to have slept, is
 * the uptime asked for, which is a system call: a process that drives a hundred runs asks for the time tens of thousands of times a second.
 */
const movedMs = sleptMs / 4

/**
 * Time that only runs forward: the wall clock as it was when the process began, plus what the monotonic clock counted since, so that a
 * step of the wall clock ends no lease and shortens no fault. A machine that slept is set by the wall clock anew.
 */
export function steadyTime(sources: TimeSources): () => number {
  const take = () => ({ wall: sources.wall(), monotonic: sources.monotonic(), uptime: sources.uptime() })
  let from = take()
  let apart = from.wall - from.monotonic
  return () => {
    const counted = sources.monotonic()
    const monotonic = counted - from.monotonic
    if (Math.abs(sources.wall() - counted - apart) < movedMs) return from.wall + Math.floor(monotonic)
    const now = take()
    apart = now.wall - now.monotonic
    if (now.uptime - from.uptime - monotonic <= sleptMs) return from.wall + Math.floor(monotonic)
    from = { ...now, wall: Math.max(now.wall, from.wall + monotonic) }
    return from.wall
  }
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: steadyTime({ wall: () => Date.now(), monotonic: () => performance.now(), uptime: () => uptime() * 1000 }),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, Math.max(0, ms))
      signal?.addEventListener('abort', done)
    }),
}
