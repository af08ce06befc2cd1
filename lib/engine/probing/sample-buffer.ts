import type { ProbeSample } from '../../domain/probe.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import type { Probed } from './probed.ts'

/** Time between two writes; what a crash loses is what came since the last one. */
const flushEveryMs = 10_000
/** A store that does not answer must not hold up the end of a run. */
const flushBudgetMs = 5_000
/** With the store away for long the oldest answers go first. */
const mostKept = 20_000

/** Answers on their way to the store. Trouble with the store is told and tried again; it never stops a run. */
export class SampleBuffer {
  readonly #owner: Pick<Probed, 'engine' | 'run' | 'note'>
  #waiting: readonly ProbeSample[] = []
  #flushing: Promise<void> | null = null

  constructor(owner: Pick<Probed, 'engine' | 'run' | 'note'>) {
    this.#owner = owner
  }

  add(sample: ProbeSample): void {
    this.#waiting = [...this.#waiting, sample].slice(-mostKept)
  }

  async keepFlushing(done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      await this.#owner.engine.clock.sleep(flushEveryMs, done)
      if (!done.aborted) void this.#flush()
    }
  }

  /** Stores what waits, for as long as a run's end may wait for it. */
  async flushWithin(): Promise<void> {
    const stored = this.#flush().then(() => this.#flush())
    await withDeadline(this.#owner.engine.clock, flushBudgetMs, stored)
  }

  /** What drivers of this run have stored; nothing when the store does not say in time. */
  async stored(done: AbortSignal): Promise<readonly ProbeSample[]> {
    const { engine, run } = this.#owner
    const read = engine.store.samples.list(run.id).catch((error: unknown): readonly ProbeSample[] => {
      this.#owner.note(`earlier answers of probes could not be read: ${String(error)}`)
      return []
    })
    const samples = await withDeadline(engine.clock, flushBudgetMs, read, done)
    return samples === late ? [] : samples
  }

  /** One at a time: what comes meanwhile waits for the next. */
  #flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = null
    })
    return this.#flushing
  }

  async #write(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    try {
      await this.#owner.engine.store.samples.add(this.#owner.run.id, batch)
      const written = new Set(batch)
      this.#waiting = this.#waiting.filter((sample) => !written.has(sample))
    } catch (error) {
      this.#owner.note(`answers of probes could not be stored: ${String(error)}`)
    }
  }
}
