import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { isOpen } from '../../domain/injection.ts'
import type { Notice } from '../../domain/notice.ts'
import { coolDownOf, isVital, noticesOf, storeLostNotice } from '../../domain/notices.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Notifier } from '../../ports.ts'
import { withDeadline } from '../../with-deadline.ts'
import type { Engine, Progress } from '../engine.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import { Counting, Pushing } from './metering.ts'

/** Notifications may delay the end of a driver by this much, once all is reverted and stored. */
const closingMs = 5_000

/** A driver that takes a run over tells what is not older than this and was not told; older news is of no use. */
export const newsMs = 900_000

/**
 * Tells the notifiers of a run's events while it is driven. Nothing here is awaited by the run, and nothing here can fail it: the undo
 * comes before everything.
 */
export class Notifications {
  readonly #engine: Engine
  readonly #runId: string
  readonly #queues: ReadonlyMap<Notifier, DeliveryQueue>
  readonly #counting: Counting
  readonly #pushing: Pushing | null
  #run: Run | null = null
  #injections: readonly Injection[] = []
  #isOurs = true
  #redelivery: Promise<void> = Promise.resolve()

  constructor(engine: Engine, runId: string) {
    this.#engine = engine
    this.#runId = runId
    const { clock } = engine
    const { notices } = engine.store
    const note = (message: string) => this.#note(message)
    this.#queues = new Map(
      engine.notifiers.map((notifier) => [notifier, new DeliveryQueue({ notifier: notifier.name, runId, clock, notices, note })]),
    )
    this.#counting = new Counting(engine, runId, note)
    this.#pushing = engine.sink === null ? null : new Pushing(engine, engine.sink, note)
  }

  /** The engine for a driver whose doings are told. */
  watchedEngine(): Engine {
    return {
      ...this.#engine,
      observe: (progress) => {
        this.#engine.observe(progress)
        this.#observe(progress)
      },
    }
  }

  /** Returns at once. */
  notify(run: Run, events: readonly HistoryEvent[], injections: readonly Injection[]): void {
    this.#run = run
    this.#injections = injections
    for (const notice of noticesOf(run, events, injections)) this.#post(notice)
    this.#counting.count(run, events, injections)
    this.#pushing?.changed(run, injections)
  }

  /** Why the driver left: without its store it has proof of nothing; when another driver has the run, it knows nothing of it any more. */
  failed(error: unknown): void {
    const { clock, owner } = this.#engine
    const injections = this.#injections
    if (error instanceof FaultlineError && error.code === 'lease_lost') this.#isOurs = false
    if (!(error instanceof StoreUnavailable) || this.#run === null || !injections.some(isOpen)) return
    this.#post(storeLostNotice(this.#run, clock.now(), { owner, message: error.message, injections }))
  }

  /**
   * Waits a little (`mostMs` where the driver's own time is limited) for what is still on its way; nothing of the run waits any more.
   * Answers whether every notifier was told of everything.
   */
  async end(mostMs: number = closingMs): Promise<boolean> {
    const { clock } = this.#engine
    const giveUp = new AbortController()
    const told = this.#redelivery.then(() =>
      Promise.all([...[...this.#queues.values()].map((deliveries) => deliveries.close(giveUp.signal)), this.#endMetrics(giveUp.signal)]),
    )
    await withDeadline(clock, Math.min(closingMs, mostMs), told)
    giveUp.abort()
    return [...this.#queues.values()].every((deliveries) => deliveries.isAllDone)
  }

  /** The last push has what was counted last. */
  async #endMetrics(giveUp: AbortSignal): Promise<void> {
    await this.#counting.close(giveUp)
    const isGivenAway = this.#run?.handover === true && !isEnded(this.#run)
    await this.#pushing?.close(this.#isOurs && !isGivenAway)
  }

  #observe(progress: Progress): void {
    this.#run = progress.run
    if (progress.kind === 'sample') this.#pushing?.sampled(progress.sample)
    if (progress.kind !== 'event' && progress.kind !== 'injection') return
    const { run, injections } = progress
    const events = progress.kind === 'event' ? run.events.filter((event) => event.version === run.version) : []
    if (progress.kind === 'event' && progress.event.type === 'leased')
      this.#redelivery = this.#redeliver(run, injections).then(() => this.notify(run, events, injections))
    else this.notify(run, events, injections)
  }

  /**
   * Tells what the driver before could not, also what is still in the run's outbox. That an undo is not proven is left out: who takes over tries it again, and tells it when it
   * fails again.
   */
  async #redeliver(run: Run, injections: readonly Injection[]): Promise<void> {
    try {
      const since = this.#engine.clock.now() - newsMs
      const history = await this.#engine.store.ledger.history(this.#runId)
      const isCopied = (event: HistoryEvent) => history.some(({ version, n }) => version === event.version && n === event.n)
      const outbox = run.events.filter((event) => !isCopied(event))
      const news = [...history, ...outbox].filter((event) => event.at >= since && event.version < run.version)
      for (const notice of noticesOf(run, news, injections)) if (!isVital(notice)) this.#post(notice)
      this.#counting.count(run, news, injections)
    } catch (error) {
      this.#note(`what the driver before told could not be looked up: ${String(error)}`)
    }
  }

  #post(notice: Notice): void {
    for (const [notifier, deliveries] of this.#queues) {
      if (notifier.wants?.(notice) === false) continue
      deliveries.post({
        key: notice.id,
        topic: notice.topic,
        coolDownMs: coolDownOf(notice),
        severity: notice.severity,
        isVital: isVital(notice),
        deliver: () => notifier.notify(notice),
      })
    }
  }

  #note(message: string): void {
    if (this.#run !== null) this.#engine.observe({ kind: 'note', run: this.#run, message })
  }
}
