import type { Injection } from '../domain/injection.ts'
import type { Notice } from '../domain/notice.ts'
import { coolDownOf, isVital, noticesOf, storeLostNotice } from '../domain/notices.ts'
import type { HistoryEvent, Run } from '../domain/run.ts'
import type { Outlet } from '../ports.ts'
import { Courier } from './courier.ts'
import type { Engine, Progress } from './engine.ts'
import { Counting, Pushing } from './metering.ts'

/** Telling may delay the end of a driver by this much, once all is reverted and stored. */
const closingMs = 5_000

/** Whoever takes a run over tells what is not older than this and was not told; older news helps nobody. */
export const newsMs = 900_000

/**
 * Tells the outlets of a run's events while it is driven. Nothing here is awaited by the run, and nothing here can fail it: the undo
 * comes before everything.
 */
export class Telling {
  readonly #engine: Engine
  readonly #runId: string
  readonly #couriers: ReadonlyMap<Outlet, Courier>
  readonly #counting: Counting
  readonly #pushing: Pushing | null
  readonly #closing = new AbortController()
  #run: Run
  #isOurs = true
  #retelling: Promise<void> = Promise.resolve()

  constructor(engine: Engine, run: Run) {
    this.#engine = engine
    this.#runId = run.id
    this.#run = run
    const { clock } = engine
    const { notices } = engine.store
    const note = (message: string) => this.#note(message)
    this.#couriers = new Map(
      engine.outlets.map((outlet) => [outlet, new Courier({ outlet: outlet.name, runId: run.id, clock, notices, note })]),
    )
    this.#counting = new Counting(engine, run, note)
    this.#pushing = engine.sink === null ? null : new Pushing(engine, engine.sink, note)
  }

  /** Sees what the driver does; never throws. */
  observe(progress: Progress): void {
    this.#run = progress.run
    if (progress.kind === 'sample') this.#pushing?.sampled(progress.sample)
    if (progress.kind === 'injection') this.#pushing?.changed(progress.run, progress.injections)
    if (progress.kind !== 'event') return
    const { run, injections } = progress
    this.tell(
      run,
      run.events.filter((event) => event.version === run.version),
      injections,
    )
  }

  /** Returns at once. */
  tell(run: Run, events: readonly HistoryEvent[], injections: readonly Injection[]): void {
    for (const notice of noticesOf(run, events, injections)) this.#post(notice)
    this.#counting.count(run, events, injections)
    this.#pushing?.changed(run, injections)
  }

  /**
   * Tells what the driver before could not, then that there is a new one. That an undo is not proven is left out: who takes over tries it again, and tells it when
   * it fails again.
   */
  takeOver(found: Run, { run, injections }: { readonly run: Run; readonly injections: readonly Injection[] }): void {
    this.#retelling = this.#retell(found, injections).then(() => this.tell(run, run.events, injections))
  }

  #retell(found: Run, injections: readonly Injection[]): Promise<void> {
    return this.#engine.store.ledger.history(this.#runId).then(
      (history) => {
        const since = this.#engine.clock.now() - newsMs
        const isNews = (event: HistoryEvent) => event.at >= since && event.version <= found.version
        const news = noticesOf(found, history.filter(isNews), injections)
        for (const notice of news) if (!isVital(notice)) this.#post(notice)
        this.#counting.count(found, history.filter(isNews), injections)
      },
      (error: unknown) => this.#note(`what the driver before told could not be looked up: ${String(error)}`),
    )
  }

  /** Tells that the driver lost the store, and with it the proof. */
  storeLost(run: Run, message: string, injections: readonly Injection[]): void {
    const { clock, owner } = this.#engine
    this.#post(storeLostNotice(run, clock.now(), { owner, message, injections }))
  }

  /** Another driver has the run: what this one knows of it is no longer true. */
  disown(): void {
    this.#isOurs = false
  }

  /** Waits a little (`mostMs` where the driver's own time is limited) for what is still on its way; nothing of the run waits any more. */
  async end(mostMs: number = closingMs): Promise<void> {
    const { clock } = this.#engine
    const giveUp = new AbortController()
    const late = clock.sleep(Math.max(0, Math.min(closingMs, mostMs)), this.#closing.signal).then(() => giveUp.abort())
    const told = this.#retelling.then(() =>
      Promise.all([...[...this.#couriers.values()].map((courier) => courier.close(giveUp.signal)), this.#endMetrics(giveUp.signal)]),
    )
    await Promise.race([told, late])
    this.#closing.abort()
  }

  /** The last push has what was counted last. */
  async #endMetrics(giveUp: AbortSignal): Promise<void> {
    await this.#counting.close(giveUp)
    await this.#pushing?.close(this.#isOurs)
  }

  #post(notice: Notice): void {
    for (const [outlet, courier] of this.#couriers) {
      if (outlet.wants?.(notice) === false) continue
      courier.post({
        key: notice.id,
        topic: notice.topic,
        coolDownMs: coolDownOf(notice),
        severity: notice.severity,
        isVital: isVital(notice),
        deliver: () => outlet.tell(notice),
      })
    }
  }

  #note(message: string): void {
    this.#engine.observe({ kind: 'note', run: this.#run, message })
  }
}
