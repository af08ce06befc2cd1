import type { Clock } from '../lib/ports.ts'

interface Entry {
  readonly at: number
  readonly order: number
  /** Undefined once it ran or is cancelled. */
  run: (() => void) | undefined
  /** Whether it is in the heap. */
  waiting: boolean
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
  /** A heap: no entry comes before the one at half its index. */
  #entries: Entry[] = []
  #cancelled = 0
  #order = 0
  #sleeping: { until: number; abort: AbortController } | undefined
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now = (): number => this.#clock.now()

  /** Runs `run` once at `at` (epoch milliseconds; the past means as soon as possible) and returns how to cancel. */
  at(at: number, run: () => void): () => void {
    const entry: Entry = { at, order: this.#order++, run, waiting: true }
    this.#push(entry)
    this.#arm()
    return () => this.#cancel(entry)
  }

  after(ms: number, run: () => void): () => void {
    return this.at(this.now() + ms, run)
  }

  /** Forgets every deadline, so that a closed cluster holds no timer. */
  close(): void {
    this.#closed = true
    this.#entries = []
    this.#sleeping?.abort.abort(reason)
  }

  #arm(): void {
    this.#dropCancelled()
    const next = this.#entries[0]?.at
    if (this.#closed || next === undefined) return
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
    const due: Entry[] = []
    for (let first = this.#entries[0]; first !== undefined && first.at <= now; first = this.#entries[0]) {
      this.#removeFirst(first)
      due.push(first)
    }
    for (const entry of due) {
      const { run } = entry
      entry.run = undefined
      run?.()
    }
    this.#arm()
  }

  /** What is cancelled stays where it is until it comes first, or until half of all is. */
  #cancel(entry: Entry): void {
    if (entry.run === undefined) return
    entry.run = undefined
    if (entry.waiting) this.#cancelled++
    if (this.#cancelled * 2 <= this.#entries.length) return
    this.#entries = this.#entries.filter(({ run }) => run !== undefined).sort(earlierFirst)
    this.#cancelled = 0
  }

  #dropCancelled(): void {
    for (let first = this.#entries[0]; first !== undefined && first.run === undefined; first = this.#entries[0]) this.#removeFirst(first)
  }

  #push(entry: Entry): void {
    const heap = this.#entries
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as Entry
      if (earlierFirst(above, entry) <= 0) break
      heap[index] = above
      index = parent
    }
    heap[index] = entry
  }

  #removeFirst(first: Entry): void {
    first.waiting = false
    if (first.run === undefined) this.#cancelled--
    const heap = this.#entries
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      const [left, right] = [heap[child] as Entry, heap[child + 1]]
      const smaller = right !== undefined && earlierFirst(right, left) < 0 ? child + 1 : child
      const below = heap[smaller] as Entry
      if (earlierFirst(last, below) <= 0) break
      heap[index] = below
      index = smaller
    }
    heap[index] = last
  }
}

function earlierFirst(a: Entry, b: Entry): number {
  return a.at - b.at || a.order - b.order
}
