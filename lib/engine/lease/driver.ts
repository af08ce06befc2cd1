import { FaultlineError, StoreUnavailable, VersionConflict } from '../../domain/errors.ts'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { isOpen } from '../../domain/injection.ts'
import type { PlanSeal } from '../../domain/plan-seal.ts'
import { isOfPlan, sealOf } from '../../domain/plan-seal.ts'
import type { ProbeSample } from '../../domain/probe.ts'
import { hash53 } from '../../domain/random.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded, stepOf } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { transition } from '../../domain/transition.ts'
import type { FaultContext } from '../../faults/fault.ts'
import type { Cluster } from '../../ports.ts'
import { copyEvents } from '../audit.ts'
import type { Engine, Progress } from '../engine.ts'
import { Probing } from '../probing/probing.ts'
import { isAwaiting } from './awaiting.ts'
import { besides } from './besides.ts'
import { LoadWatch } from './load-watch.ts'
import { type SeenLists, seenListsOf } from './seen-lists.ts'
import { SharedRead, stopBySwitch } from './switches.ts'
import { TargetWatch } from './target-watch.ts'
import { UnfencedCalls } from './unfenced-calls.ts'
import { writePlan } from './write-plan.ts'

/** A store that is away is asked 25 times or so before a lease of 30 s is nearly over. */
const storeRetryMs = 1_000
/**
 * The process that holds the run's lease. Keeps the run and its ledger in memory, writes every change ahead, and can be interrupted
 * at any await. One at a time: saves go through a queue, so that lease renewals and transitions never overtake each other.
 */
export class Driver {
  readonly engine: Engine
  readonly cluster: Cluster
  /** Asks the run's probes beside everything else. */
  readonly probing: Probing
  readonly targets: TargetWatch = new TargetWatch()
  readonly loads: LoadWatch = new LoadWatch()
  /** Ends what goes on beside the run: its watchdog, its probes, lists that are followed. */
  readonly done = new AbortController()
  readonly #interrupt = new AbortController()
  #run: Run
  #injections: readonly Injection[]
  #uncopied: readonly HistoryEvent[]
  #copying: Promise<void> = Promise.resolve()
  #unsealed: readonly Injection[] = []
  readonly #seen: SeenLists
  readonly #switches: SharedRead
  readonly #unfenced: UnfencedCalls
  #queue: Promise<unknown> = Promise.resolve()
  #stop: Abort | null = null
  #lost: FaultlineError | null = null

  constructor(engine: Engine, cluster: Cluster, state: { readonly run: Run; readonly injections: readonly Injection[] }) {
    this.engine = engine
    this.#seen = seenListsOf(cluster, engine.clock)
    this.cluster = this.#seen.cluster
    this.#run = state.run
    this.#injections = state.injections.filter((entry) => isOfPlan(entry, state.run.steps[entry.step]))
    this.#uncopied = state.run.events
    this.#switches = new SharedRead(() => this.#readSwitches())
    this.#unfenced = new UnfencedCalls(this, engine.clock, engine.config.unfencedCallMs)
    this.probing = new Probing(this)
  }

  get run(): Run {
    return this.#run
  }

  /** The ledger of the run, in order: all entries of plans that were sealed. */
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

  /** Why the run is to be aborted, once that is known. */
  get stop(): Abort | null {
    return this.#stop
  }

  /** Aborted as soon as the run is to stop: sleeps end, polls give up. */
  get interrupted(): AbortSignal {
    return this.#interrupt.signal
  }

  /** The first reason counts; the main loop records it before its next action. */
  requestStop(why: Omit<Abort, 'at'>): void {
    if (this.#run.abort !== null) return
    this.#stop ??= { ...why, at: this.engine.clock.now() }
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
    const { cluster, engine } = this
    const { clock, config } = engine
    const { id: runId, nonce = '', namespace } = this.#run
    const place = { cluster, clusterName: this.#run.cluster.name, clock, config, runId, nonce, namespace }
    return {
      ...place,
      unfenced: (call, send) => this.#unfenced.send(call, send),
      mayBegin: () => this.throwIfStopped(),
      held: () => this.#stillHeld(),
      seen: (kind, options, maxAgeMs) => this.#seen.list(kind, options, maxAgeMs),
      keep: this.done.signal,
    }
  }

  /** Reads people's switches as they are now; false when the run is to stop. Nothing new is begun without it. */
  async mayGoOn(): Promise<boolean> {
    this.#noticeLateness(this.engine.clock.now())
    await this.#switches.fresh()
    this.throwIfLost()
    return this.#stop === null
  }

  /** As `mayGoOn`. @throws FaultlineError `refused` when the run is to stop */
  async throwIfStopped(): Promise<void> {
    if (!(await this.mayGoOn()))
      throw new FaultlineError('refused', `the run is to stop (${this.#stop?.reason}): nothing more is done to it`)
  }

  /** Offers the run to another driver. Calls that no fuse can fence end with the offer; those on their way are stored with it. */
  offer(): Promise<void> {
    return this.record({ type: 'handed_over', ...this.#unfenced.offer() })
  }

  /** Calls that no fuse can fence, and that this driver has no answer to: they may still arrive. */
  get unanswered(): UnfencedCalls['unanswered'] {
    return this.#unfenced.unanswered
  }

  /** As `context`, for what a halt must interrupt: waits give up, and calls that no fuse can fence are no longer made. */
  interruptibleContext(): FaultContext {
    return { ...this.context(), interrupt: this.interrupted }
  }

  /** Saves the transition that the event makes; computed inside the queue, from the newest run. */
  record(event: RunEvent): Promise<void> {
    return this.#serially(async () => {
      if (besides.includes(event.type) && (isEnded(this.#run) || isAwaiting(this.#run))) return
      if (event.type === 'targets_changed' && this.#run.status !== (event.ended === undefined ? 'holding' : 'reverting')) return
      const now = this.engine.clock.now()
      this.#noticeLateness(now)
      const next = transition(this.#run, event, now)
      const saved = { ...next, events: [...this.#uncopied, ...next.events] }
      await this.#save(`run ${next.id}`, () => this.engine.store.runs.save(saved))
      this.#run = saved
      this.#uncopied = saved.events
      if (event.type === 'abort') this.#stop = null
      if (event.type === 'step_planned') this.#injections = [...this.#injections, ...this.#unsealed]
      this.probing.noticed(event)
      this.#copyHistory()
      this.#observe({ kind: 'event', run: this.#run, event, injections: this.#injections })
    })
  }

  /**
   * Write-ahead of a step's plan. Its entries count once the seal is saved with the run (`step_planned`). Where entries of another plan
   * are stored already (a driver that died or handed over before it sealed), these come after them, and those never count.
   */
  async addPlan(planned: readonly Omit<Injection, 'n' | 'plan'>[]): Promise<PlanSeal> {
    const id = hash53(`${this.engine.owner} ${this.#run.version} ${this.engine.clock.now()}`).toString(36)
    const entries = planned.map((injection) => ({ ...injection, plan: id }))
    this.#unsealed = await writePlan(this.engine.store.ledger, entries, (what, work) => this.#save(what, work))
    return sealOf(id, this.#unsealed)
  }

  /** What is stored of plans that were never sealed and is still open, also what another driver added after this one came. */
  async strays(): Promise<readonly Injection[]> {
    const { id } = this.#run
    const stored = await this.#save(`ledger of ${id}`, () => this.engine.store.ledger.list(id))
    return stored.filter((entry) => isOpen(entry) && !isOfPlan(entry, this.#run.steps[entry.step]))
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

  /** Within its lease no other driver has the run; after it, or once the run was offered, a save tells. */
  async #stillHeld(): Promise<void> {
    this.throwIfLost()
    if (this.leaseLeftMs() <= 0 || this.#run.handover) await this.renewLease()
  }

  /** A store that does not answer is asked again until the run is lost: what people want is not guessed. */
  async #readSwitches(): Promise<void> {
    const { id, suite } = this.#run
    const controls = await this.#save(`switches of ${id}`, () => this.engine.store.controls.read({ id, suite: suite.name }))
    const stop = stopBySwitch(controls)
    if (stop !== null) this.requestStop(stop)
  }

  /** A driver that slept past its own lease (a closed lid, a frozen process) may only revert, even if no other driver took over yet. */
  #noticeLateness(now: number): void {
    if (now <= (this.#run.lease?.until ?? now)) return
    this.requestStop({ reason: 'driver_lost', by: this.engine.owner, detail: 'it slept through its own lease' })
  }

  #serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task)
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Tries until the store answers or the lease is nearly over; a version that another driver wrote means that the run is its. */
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

  /**
   * Beside the saves, so that a slow copy holds up no renewal and no revert. What is not copied stays in the outbox of the next version;
   * the end itself does until everyone was told of it (`settle`).
   */
  #copyHistory(): void {
    this.#copying = this.#copying.then(async () => {
      const events = this.#uncopied
      if (events.length === 0) return
      try {
        await copyEvents(this.engine, this.#run, events)
        if (!isEnded(this.#run)) this.#uncopied = this.#uncopied.filter((event) => !events.includes(event))
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) this.note(`the history could not be copied: ${String(error)}`)
      }
    })
  }

  /** Copies what is left of the history; what fails stays in the run's outbox. */
  historyCopied(): Promise<void> {
    this.#copyHistory()
    return this.#copying
  }

  #observe(progress: Progress): void {
    this.engine.observe(progress)
  }
}
