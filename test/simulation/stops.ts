import type { Clock } from '../../lib/ports.ts'

/** When runs were told to stop, as the table has it, and which process had read that when. */
export class Stops {
  readonly #clock: Pick<Clock, 'now'>
  readonly #storedAt = new Map<string, number>()
  readonly #readAt = new Map<string, number>()
  /** Whether any was ever stored. */
  wasAny = false

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** `all`, or the run that is aborted. */
  isStored(whose: string): void {
    this.wasAny = true
    if (!this.#storedAt.has(whose)) this.#storedAt.set(whose, this.#clock.now())
  }

  isLifted(whose: string): void {
    this.#storedAt.delete(whose)
  }

  isRead(process: string, runId: string): void {
    const key = `${process} ${runId}`
    if (!this.#readAt.has(key)) this.#readAt.set(key, this.#clock.now())
  }

  /** Since when it stands; null: it does not. */
  storedAt(runId: string): number | null {
    const times = [this.#storedAt.get('all'), this.#storedAt.get(runId)].filter((at) => at !== undefined)
    return times.length === 0 ? null : Math.min(...times)
  }

  readAt(process: string, runId: string): number | null {
    return this.#readAt.get(`${process} ${runId}`) ?? null
  }
}
