import { FaultlineError } from '../../domain/errors.ts'
import { gaugesOf } from '../../domain/gauges.ts'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Total } from '../../domain/metrics.ts'
import { familiesOf } from '../../domain/metrics.ts'
import type { ProbeSample } from '../../domain/probe.ts'
import type { Run } from '../../domain/run.ts'
import { totalsOf } from '../../domain/totals.ts'
import type { MetricsSink } from '../../ports.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import type { Engine } from '../engine.ts'
import { DeliveryQueue } from './delivery-queue.ts'

/** Metrics that did not change are pushed again after this: a Pushgateway that was restarted has forgotten them. */
const pushEveryMs = 15_000
/** What happens at once is pushed together. */
const gatherMs = 500
/** A push that has not been answered by then is left alone. */
const pushBudgetMs = 5_000

/** Counts a run's events into the stored totals, each once. What fails is not counted again: totals are approximate, and never wait. */
export class Counting {
  readonly #engine: Engine
  readonly #deliveries: DeliveryQueue

  constructor(engine: Engine, runId: string, note: (message: string) => void) {
    const { clock, store } = engine
    this.#engine = engine
    this.#deliveries = new DeliveryQueue({ notifier: 'totals', runId, clock, notices: store.notices, note })
  }

  /** Returns at once. */
  count(run: Run, events: readonly HistoryEvent[], injections: readonly Injection[]): void {
    for (const version of new Set(events.map((event) => event.version))) {
      const { added, set } = totalsOf(
        run,
        events.filter((event) => event.version === version),
        injections,
      )
      if (added.length + set.length === 0) continue
      const key = `${run.id}#${version}`
      const deliver = () => this.#store(added, set)
      this.#deliveries.post({ key, topic: key, coolDownMs: 0, severity: 'info', isVital: false, deliver })
    }
  }

  close(giveUp: AbortSignal): Promise<void> {
    return this.#deliveries.close(giveUp)
  }

  async #store(added: readonly Total[], set: readonly Total[]): Promise<void> {
    const { totals } = this.#engine.store
    try {
      await Promise.all([...added.map((total) => totals.add(total)), ...set.map((total) => totals.set(total))])
    } catch (error) {
      throw new FaultlineError('unavailable', `counting: ${String(error)}`, { cause: error })
    }
  }
}

/** Pushes the metrics of a run's place while the run is driven: soon after anything happened, and every 15 s. */
export class Pushing {
  readonly #engine: Engine
  readonly #sink: MetricsSink
  readonly #note: (message: string) => void
  readonly #samples = new Map<string, ProbeSample>()
  #state: { readonly run: Run; readonly injections: readonly Injection[] } | null = null
  #totals: readonly Total[] = []
  #wake = new AbortController()
  #isChanged = false
  readonly #closing = new AbortController()
  #isTroubled = false
  #loop: Promise<void> | null = null

  constructor(engine: Engine, sink: MetricsSink, note: (message: string) => void) {
    this.#engine = engine
    this.#sink = sink
    this.#note = note
  }

  /** Returns at once. */
  changed(run: Run, injections: readonly Injection[]): void {
    this.#state = { run, injections }
    this.#isChanged = true
    this.#wake.abort()
    this.#loop ??= this.#keepPushing()
  }

  sampled(sample: ProbeSample): void {
    this.#samples.set(sample.probe, sample)
  }

  /** Pushes a last time, unless another driver has the run now. */
  async close(isOurs: boolean): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    await this.#loop
    if (isOurs) await this.#push()
  }

  async #keepPushing(): Promise<void> {
    const { clock } = this.#engine
    const { signal } = this.#closing
    for (;;) {
      await clock.sleep(gatherMs, signal)
      this.#isChanged = false
      if (signal.aborted) return
      await this.#push()
      this.#wake = new AbortController()
      if (!this.#isChanged && !signal.aborted) await clock.sleep(pushEveryMs, this.#wake.signal)
    }
  }

  async #push(): Promise<void> {
    if (this.#state === null || ['requested', 'refused'].includes(this.#state.run.status)) return
    const { clock } = this.#engine
    const pushed = this.#pushNow(this.#state).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    const outcome = await withDeadline(clock, pushBudgetMs, pushed)
    const trouble = outcome === late ? `no answer for ${pushBudgetMs / 1000} s` : outcome
    if (trouble !== null && !this.#isTroubled) this.#note(`metrics could not be pushed: ${trouble}`)
    this.#isTroubled = trouble !== null
  }

  async #pushNow({ run, injections }: { readonly run: Run; readonly injections: readonly Injection[] }): Promise<void> {
    const place = { clusterUid: run.cluster.uid, namespace: run.namespace }
    this.#totals = await this.#engine.store.totals.read(place).catch(() => this.#totals)
    const gauges = gaugesOf({ run, injections, samples: [...this.#samples.values()] })
    await this.#sink.push(place, familiesOf([...gauges, ...this.#totals]))
  }
}
