import type { Clock } from '../lib/ports.ts'

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const longestSleepMs = 24 * 3600 * 1000
/** Without a reason of its own, each abort makes an error with its stack. */
const reason = 'another deadline comes first'

/**
 * All deadlines of the cluster on one sleeping clock: it sleeps until the next one only, and runs everything due at
 * one instant in the order it was asked for.
 */
export class Timers {
  readonly #clock: Clock
  readonly #entries = new Set<Entry>()
  #order = 0
  #sleeping: { until: number; abort: AbortController } | undefined
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now = (): number => this.#clock.now()

  /** Runs `run` once at `at` (epoch milliseconds; the past means as soon as possible) and returns how to cancel. */
  at(at: number, run: () => void): () => void {
    const entry: Entry = { at, order: this.#order++, run }
    this.#entries.add(entry)
    this.#arm()
    return () => this.#entries.delete(entry)
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.now() + ms, run)
  }

  /** Forgets every deadline, so that a closed cluster holds no timer. */
  close(): void {
    this.#closed = true
    this.#entries.clear()
    this.#sleeping?.abort.abort(reason)
  }

  #arm(): void {
    if (this.#closed || this.#entries.size === 0) return
    let next = Number.POSITIVE_INFINITY
    for (const entry of this.#entries) next = Math.min(next, entry.at)
    if (this.#sleeping !== undefined && this.#sleeping.until <= next) return
    this.#sleeping?.abort.abort(reason)
    const sleep = { until: Math.min(next, this.now() + longestSleepMs), abort: new AbortController() }
    this.#sleeping = sleep
    void this.#clock.sleep(Math.max(0, sleep.until - this.now()), sleep.abort.signal).then(() => this.#wake(sleep))
  }

  #wake(sleep: { abort: AbortController }): void {
    if (this.#sleeping !== sleep || this.#closed) return
    this.#sleeping = undefined
    const now = this.now()
    const due = [...this.#entries].filter((entry) => entry.at <= now)
    due.sort((a, b) => a.at - b.at || a.order - b.order)
    for (const entry of due) {
      if (this.#entries.delete(entry)) entry.run()
    }
    this.#arm()
  }
}
