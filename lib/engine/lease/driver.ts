import { FaultlineError, StoreUnavailable, VersionConflict } from '../../domain/errors.ts'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { isOpen } from '../../domain/injection.ts'
import type { ProbeSample } from '../../domain/probe.ts'
import type { Abort, AbortReason, Run } from '../../domain/run.ts'
import { isEnded, stepOf } from '../../domain/run.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { transition } from '../../domain/transition.ts'
import type { FaultContext } from '../../faults/fault.ts'
import type { Cluster } from '../../ports.ts'
import type { Engine, Progress } from '../engine.ts'
import { Probing } from '../probing/probing.ts'

/** Margin between the end of a call that no fuse can fence and the end of the lease: this process' own timers. */
const fenceMarginMs = 5_000
const storeRetryMs = 1_000
/** What is recorded beside the main loop, and may come after the run's end. */
const besides: readonly RunEvent['type'][] = ['lease_renewed', 'handed_over', 'threshold_crossed', 'threshold_recovered']

/**
 * The process that holds the run's lease. Keeps the run and its ledger in memory, writes every change ahead, and can be interrupted
 * at any await. One at a time: saves go through a queue, so that lease renewals and transitions never overtake each other.
 */
export class Driver {
  readonly engine: Engine
  readonly cluster: Cluster
  /** Asks the run's probes beside everything else. */
  readonly probing: Probing
  readonly #interrupt = new AbortController()
  #run: Run
  #injections: readonly Injection[]
  #uncopied: readonly HistoryEvent[]
  #queue: Promise<unknown> = Promise.resolve()
  #stop: Abort | null = null
  #lost: FaultlineError | null = null

  constructor(engine: Engine, cluster: Cluster, state: { readonly run: Run; readonly injections: readonly Injection[] }) {
    this.engine = engine
    this.cluster = cluster
    this.#run = state.run
    this.#injections = state.injections
    this.#uncopied = state.run.events
    this.probing = new Probing(this)
  }

  get run(): Run {
    return this.#run
  }

  /** The whole ledger of the run, in order. */
  get injections(): readonly Injection[] {
    return this.#injections
  }

  get openInjections(): readonly Injection[] {
    return this.#injections.filter(isOpen)
  }

  /** Injections of the step the run is at. */
  get stepInjections(): readonly Injection[] {
    const step = stepOf(this.#run)
    return this.#injections.filter((injection) => injection.step === step)
  }

  /** Why the run is to be aborted, once somebody said so. */
  get stop(): Abort | null {
    return this.#stop
  }

  /** Aborted as soon as the run is to stop: sleeps end, polls give up. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal
  }

  /** The first reason counts; the main loop records it before its next action. */
  requestStop(reason: AbortReason, by: string, detail: string): void {
    if (this.#run.abort !== null) return
    this.#stop ??= { reason, at: this.engine.clock.now(), by, detail }
    this.#interrupt.abort()
  }

  /** Gives the run up without a word: another driver has it, or the store is away. */
  lose(error: FaultlineError): void {
    this.#lost ??= error
    this.#interrupt.abort()
  }

  throwIfLost(): void {
    if (this.#lost !== null) throw this.#lost
  }

  context(): FaultContext {
    const { clock, config } = this.engine
    const { id: runId, namespace } = this.#run
    return { cluster: this.cluster, clock, config, runId, namespace, fence: (callMs) => this.#fence(callMs) }
  }

  /** As `context`, for what a halt must interrupt: waits give up, and calls that no fuse can fence are no longer made. */
  interruptibleContext(): FaultContext {
    return { ...this.context(), interrupt: this.interrupted }
  }

  /** Saves the transition that the event makes; computed inside the queue, from the newest run. */
  record(event: RunEvent): Promise<void> {
    return this.#serially(async () => {
      if (besides.includes(event.type) && isEnded(this.#run)) return
      const now = this.engine.clock.now()
      this.#noticeLateness(now)
      const next = transition(this.#run, event, now)
      const saved = { ...next, events: [...this.#uncopied, ...next.events] }
      await this.#save(`run ${next.id}`, () => this.engine.store.runs.save(saved))
      this.#run = saved
      this.#uncopied = saved.events
      if (event.type === 'abort') this.#stop = null
      this.probing.noticed(event)
      await this.#copyHistory()
      this.#observe({ kind: 'event', run: this.#run, event, injections: this.#injections })
    })
  }

  /**
   * Write-ahead of a step's ledger entries; each is known here as soon as it is stored, also when a later one fails. Where some are
   * already (this save's own lost answer, or a driver that handed over and was slower), the stored ones are the plan.
   */
  async addInjections(injections: readonly Injection[]): Promise<void> {
    const added: boolean[] = []
    for (const injection of injections) {
      added.push(await this.#save(`ledger ${injection.step}/${injection.n}`, () => this.engine.store.ledger.add(injection)))
      this.#injections = [...this.#injections, injection]
    }
    if (added.every((isNew) => isNew)) return
    const { id } = this.#run
    this.#injections = await this.#save(`ledger of ${id}`, () => this.engine.store.ledger.list(id))
  }

  /** Changes one ledger entry, stored before it counts. */
  async update(injection: Injection, change: Partial<Omit<Injection, 'runId' | 'step' | 'n' | 'version'>>): Promise<Injection> {
    this.#noticeLateness(this.engine.clock.now())
    const next = { ...injection, ...change, version: injection.version + 1 }
    await this.#save(`ledger ${injection.step}/${injection.n}`, () => this.engine.store.ledger.save(next))
    this.#injections = this.#injections.map((i) => (i.step === next.step && i.n === next.n ? next : i))
    this.#observe({ kind: 'injection', run: this.#run, injections: this.#injections })
    return next
  }

  /** Tells an answer of a probe. */
  sampled(sample: ProbeSample): void {
    this.#observe({ kind: 'sample', run: this.#run, sample })
  }

  note(message: string): void {
    this.#observe({ kind: 'note', run: this.#run, message })
  }

  /** Sleeps until `at`, or until the run is interrupted. */
  async sleepUntil(at: number, options: { readonly interruptible: boolean } = { interruptible: true }): Promise<void> {
    const ms = at - this.engine.clock.now()
    if (ms > 0) await this.engine.clock.sleep(ms, options.interruptible ? this.interrupted : undefined)
  }

  leaseLeftMs(): number {
    return (this.#run.lease?.until ?? 0) - this.engine.clock.now()
  }

  renewLease(): Promise<void> {
    const { owner, clock, config } = this.engine
    return this.record({ type: 'lease_renewed', lease: { owner, until: clock.now() + config.leaseMs } })
  }

  async #fence(callMs: number): Promise<void> {
    this.throwIfLost()
    this.#noticeLateness(this.engine.clock.now())
    if (this.#stop !== null) throw new FaultlineError('refused', `the run is to stop (${this.#stop.reason}): nothing more is done to it`)
    if (this.leaseLeftMs() > callMs + fenceMarginMs) return
    await this.renewLease()
    if (this.leaseLeftMs() <= callMs + fenceMarginMs) {
      throw new FaultlineError('lease_too_short', `the lease (${this.leaseLeftMs()} ms) may end during a call of ${callMs} ms`)
    }
  }

  /** A driver that slept past its own lease (a closed lid, a frozen process) may only revert, even if nobody took over yet. */
  #noticeLateness(now: number): void {
    if (now > (this.#run.lease?.until ?? now)) this.requestStop('driver_lost', this.engine.owner, 'it slept through its own lease')
  }

  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Tries until the store answers or the lease is nearly over; a version somebody else wrote means that the run is theirs. */
  async #save<T>(what: string, save: () => Promise<T>): Promise<T> {
    for (;;) {
      this.throwIfLost()
      try {
        return await save()
      } catch (error) {
        if (error instanceof VersionConflict) {
          this.lose(new FaultlineError('lease_lost', `${what} was taken over by another driver`, { cause: error }))
          this.throwIfLost()
        }
        if (!(error instanceof StoreUnavailable)) throw error
        this.note(`${error.message}; trying again`)
        await this.engine.clock.sleep(storeRetryMs)
      }
    }
  }

  /** What could not be copied stays in the outbox of the next version; the end itself does until everyone was told of it (`settle`). */
  async #copyHistory(): Promise<void> {
    try {
      await this.engine.store.ledger.appendHistory(this.#run.id, this.#uncopied)
      if (!isEnded(this.#run)) this.#uncopied = []
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error
    }
  }

  #observe(progress: Progress): void {
    this.engine.observe(progress)
  }
}
