import type { Clock } from '../../lib/ports.ts'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/**
 * A clock that stands still until a test moves it. `advance` wakes sleepers in the order of their times and lets
 * every promise settle in between, so that a woken sleeper's new timers count too.
 */
export class VirtualClock implements Clock {
  #now: number
  /** Ordered by time; those of one time by when they fell asleep. */
  readonly #sleepers: Sleeper[] = []

  constructor(start = Date.UTC(2026, 0, 5, 9, 0, 0)) {
    this.#now = start
  }

  now = (): number => this.#now

  sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = () => {
        const index = this.#sleepers.indexOf(sleeper)
        if (index >= 0) this.#sleepers.splice(index, 1)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper: Sleeper = { at: this.#now + Math.max(0, ms), wake }
      const before = this.#sleepers.findLastIndex(({ at }) => at <= sleeper.at)
      this.#sleepers.splice(before + 1, 0, sleeper)
      signal?.addEventListener('abort', wake)
    })

  /** How many sleep. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  /** The time of the next sleeper, or undefined when there is none. */
  nextWake(): number | undefined {
    return this.#sleepers[0]?.at
  }

  /** Moves to the next sleeper's time and wakes all that are due then; false when there is none. */
  step(): boolean {
    const next = this.nextWake()
    if (next === undefined) return false
    this.#now = Math.max(this.#now, next)
    for (const due of this.#sleepers.filter((s) => s.at <= this.#now)) due.wake()
    return true
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (let next = this.nextWake(); next !== undefined && next <= end; next = this.nextWake()) {
      this.step()
      await settle()
    }
    this.#now = end
  }
}

/** Lets promises and ready I/O settle. */
export async function settle(rounds = 5): Promise<void> {
  for (let i = 0; i < rounds; i++) await new Promise((resolve) => setImmediate(resolve))
}
