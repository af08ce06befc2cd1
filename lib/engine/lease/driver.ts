import { FaultlineError } from '../../domain/errors.ts'
import { type Injection, isOpen } from '../../domain/injection.ts'
import { overtaken, viewOf } from '../../domain/overlapping.ts'
import { isOfPlan, type PlanSeal, sealOf } from '../../domain/plan-seal.ts'
import type { ProbeSample } from '../../domain/probe.ts'
import { hash53 } from '../../domain/random.ts'
import type { Run } from '../../domain/run.ts'
import { stepOf } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import { membersOf } from '../../domain/together.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { transition } from '../../domain/transition.ts'
import type { FaultContext } from '../../faults/fault.ts'
import type { Cluster } from '../../ports.ts'
import type { Engine, Progress } from '../engine.ts'
import { Probing } from '../probing/probing.ts'
import { DriverCore, type DriverState, groupEnded } from './driver-core.ts'
import { eventToRecord } from './event-to-record.ts'
import { LoadWatch } from './load-watch.ts'
import { savePatiently } from './save-patiently.ts'
import { seenListsOf } from './seen-lists.ts'
import { SharedRead, stopBySwitch } from './switches.ts'
import { TargetWatch } from './target-watch.ts'
import { UnfencedCalls } from './unfenced-calls.ts'
import { writePlan } from './write-plan.ts'

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
  readonly done: AbortController
  /** The driver of the whole run: itself, unless it is that of one step of a group. */
  readonly whole: Driver
  readonly #core: DriverCore<Driver>
  /** Of one step of a group: which. */
  readonly #member: number | null
  #overtaken = new AbortController()

  constructor(engine: Engine, cluster: Cluster, state: DriverState | { readonly of: Driver; readonly step: number }) {
    this.engine = engine
    this.done = 'of' in state ? state.of.done : new AbortController()
    if ('of' in state) {
      this.#core = state.of.#core
      this.#member = state.step
      this.whole = state.of.whole
      this.cluster = cluster
      this.probing = state.of.probing
      return
    }
    this.whole = this
    this.#member = null
    const seen = seenListsOf(cluster, engine.clock)
    this.cluster = seen.cluster
    const unfenced = new UnfencedCalls(this, engine.clock, engine.config.unfencedCallMs)
    this.#core = new DriverCore(state, { seen, switches: new SharedRead(() => this.#readSwitches()), unfenced })
    this.probing = new Probing(this)
  }

  /** The driver as one step of the group sees it: run, injections, events and evidence are that step's; all else is shared. */
  member(step: number): Driver {
    const member = this.#core.members.get(step) ?? new Driver(this.engine, this.cluster, { of: this, step })
    this.#core.members.set(step, member)
    return member
  }

  /** As the step of this driver sees it. */
  get run(): Run {
    return this.#member === null ? this.#core.run : viewOf(this.#core.run, this.#member)
  }

  /** The ledger of the run, in order: all entries of plans that were sealed. */
  get injections(): readonly Injection[] {
    return this.#core.injections
  }

  /** What is still to be undone: of the run, or of the step of this driver. */
  get openInjections(): readonly Injection[] {
    return this.#core.injections.filter((injection) => isOpen(injection) && (this.#member === null || injection.step === this.#member))
  }

  /** Injections of the step the run is at; where that is a group, of all its steps. */
  get stepInjections(): readonly Injection[] {
    const { run, injections } = this.#core
    const step = this.#member ?? stepOf(run)
    const steps = step === null ? [] : this.#member === null ? membersOf(run.suite.steps, step) : [step]
    return injections.filter((injection) => steps.includes(injection.step))
  }

  /** Why nothing more is to be begun, once that is known: the run is to be aborted, or the group of this driver's step has ended. */
  get stop(): Abort | null {
    return this.#core.stop ?? (this.#overtaken.signal.aborted ? groupEnded : null)
  }

  /** Aborted as soon as the run is to stop, or the group: sleeps end, polls give up. */
  get interrupted(): AbortSignal {
    const { signal } = this.#core.interrupt
    return this.#member === null ? signal : AbortSignal.any([signal, this.#overtaken.signal])
  }

  /** Aborted with the next event that is recorded. */
  get nextRecord(): AbortSignal {
    return this.#core.recorded.signal
  }

  /** The next act of the step begins: what overtook the one before concerns it no more. */
  actBegins(): void {
    if (this.#overtaken.signal.aborted) this.#overtaken = new AbortController()
  }

  /** What must not be done for two steps at once: their plans take account of each other. */
  oneAtATime<T>(task: () => Promise<T>): Promise<T> {
    return this.#core.oneAtATime(task)
  }

  /** An undo that is under way is joined, never begun twice. */
  revertOnce(injection: Injection, revert: () => Promise<string | null>): Promise<string | null> {
    return this.#core.revertOnce(injection, revert)
  }

  /** The first reason counts; the main loop records it before its next action. */
  requestStop(why: Omit<Abort, 'at'>): void {
    if (this.#core.run.abort !== null) return
    this.#core.stop ??= { ...why, at: this.engine.clock.now() }
    this.#core.interrupt.abort()
  }

  /** Gives the run up without a word: another driver has it, or the store is away. */
  lose(error: FaultlineError): void {
    this.#core.lost ??= error
    this.#core.interrupt.abort()
  }

  /** The last look before a call that no fuse fences: the group may have ended while it waited for its turn. */
  #throwIfOvertaken(): undefined {
    if (this.#overtaken.signal.aborted) throw new FaultlineError('refused', groupEnded.detail)
  }

  throwIfLost(): void {
    if (this.#core.lost !== null) throw this.#core.lost
  }

  context(): FaultContext {
    const { cluster, engine } = this
    const { clock, config } = engine
    const { id: runId, nonce = '', namespace } = this.#core.run
    const place = { cluster, clusterName: this.#core.run.cluster.name, clock, config, runId, nonce, namespace }
    return {
      ...place,
      unfenced: (call, send) => this.#core.unfenced.send(call, () => this.#throwIfOvertaken() ?? send()),
      mayBegin: () => this.throwIfStopped(),
      held: () => this.#stillHeld(),
      seen: (kind, options, maxAgeMs) => this.#core.seen.list(kind, options, maxAgeMs),
      keep: this.done.signal,
    }
  }

  /** Reads people's switches as they are now; false when the run is to stop. Nothing new is begun without it. */
  async mayGoOn(): Promise<boolean> {
    this.#noticeLateness(this.engine.clock.now())
    await this.#core.switches.fresh()
    this.throwIfLost()
    return this.stop === null
  }

  /** As `mayGoOn`. @throws FaultlineError `refused` when the run is to stop */
  async throwIfStopped(): Promise<void> {
    if (!(await this.mayGoOn()))
      throw new FaultlineError('refused', `the run is to stop (${this.stop?.reason}): nothing more is done to it`)
  }

  /** Offers the run to another driver. Calls that no fuse can fence end with the offer; those on their way are stored with it. */
  offer(): Promise<void> {
    return this.record({ type: 'handed_over', ...this.#core.unfenced.offer() })
  }

  /** Calls that no fuse can fence, and that this driver has no answer to: they may still arrive. */
  get unanswered(): UnfencedCalls['unanswered'] {
    return this.#core.unfenced.unanswered
  }

  /** As `context`, for what a halt must interrupt: waits give up, and calls that no fuse can fence are no longer made. */
  interruptibleContext(): FaultContext {
    return { ...this.context(), interrupt: this.interrupted }
  }

  /** Saves the transition that the event makes; computed inside the queue, from the newest run. What an act tells that was overtaken is dropped. */
  record(event: RunEvent): Promise<void> {
    return this.#core.serially(async () => {
      const { run } = this.#core
      const told = eventToRecord(run, this.#member, event)
      if (told === null) return
      const now = this.engine.clock.now()
      this.#noticeLateness(now)
      const next = transition(run, told, now)
      const saved = { ...next, events: [...this.#core.uncopied, ...next.events] }
      await savePatiently(this, `run ${next.id}`, () => this.engine.store.runs.save(saved))
      this.#core.run = saved
      this.#core.uncopied = saved.events
      if (event.type === 'abort') this.#core.stop = null
      if (event.type === 'step_planned') this.#core.injections = [...this.#core.injections, ...this.#core.unsealed]
      for (const [step, member] of this.#core.members) if (overtaken(run, saved).includes(step)) member.#overtaken.abort()
      this.probing.noticed(event)
      void this.#core.copyHistory({ engine: this.engine, note: (message) => this.note(message) })
      const seen = told.type === 'of_member' ? viewOf(saved, told.step) : saved
      this.#observe({ kind: 'event', run: seen, event, injections: this.#core.injections, ...(seen === saved ? {} : { whole: saved }) })
      this.#core.turnOver()
    })
  }

  /**
   * Write-ahead of a step's plan. Its entries count once the seal is saved with the run (`step_planned`). Where entries of another plan
   * are stored already (a driver that died or handed over before it sealed), these come after them, and those never count.
   */
  async addPlan(planned: readonly Omit<Injection, 'n' | 'plan'>[]): Promise<PlanSeal> {
    const id = hash53(`${this.engine.owner} ${this.#core.run.version} ${this.engine.clock.now()}`).toString(36)
    const entries = planned.map((injection) => ({ ...injection, plan: id }))
    this.#core.unsealed = await writePlan(this.engine.store.ledger, entries, (what, work) => savePatiently(this, what, work))
    return sealOf(id, this.#core.unsealed)
  }

  /** What is stored of plans that were never sealed and is still open, also what another driver added after this one came. */
  async strays(): Promise<readonly Injection[]> {
    const { id } = this.#core.run
    const stored = await savePatiently(this, `ledger of ${id}`, () => this.engine.store.ledger.list(id))
    return stored.filter((entry) => isOpen(entry) && !isOfPlan(entry, this.#core.run.steps[entry.step]))
  }

  /** Changes one ledger entry, stored before it counts. */
  async update(injection: Injection, change: Partial<Omit<Injection, 'runId' | 'step' | 'n' | 'version'>>): Promise<Injection> {
    this.#noticeLateness(this.engine.clock.now())
    const next = { ...injection, ...change, version: injection.version + 1 }
    await savePatiently(this, `ledger ${injection.step}/${injection.n}`, () => this.engine.store.ledger.save(next))
    this.#core.injections = this.#core.injections.map((i) => (i.step === next.step && i.n === next.n ? next : i))
    this.#observe({ kind: 'injection', run: this.#core.run, injections: this.#core.injections })
    return next
  }

  /** Tells an answer of a probe. */
  sampled(sample: ProbeSample): void {
    this.#observe({ kind: 'sample', run: this.#core.run, sample })
  }

  note(message: string): void {
    this.#observe({ kind: 'note', run: this.#core.run, message })
  }

  /** Sleeps until `at`, or until the run is interrupted. */
  async sleepUntil(at: number, options: { readonly interruptible: boolean } = { interruptible: true }): Promise<void> {
    const ms = at - this.engine.clock.now()
    if (ms > 0) await this.engine.clock.sleep(ms, options.interruptible ? this.interrupted : undefined)
  }

  leaseLeftMs(): number {
    return (this.#core.run.lease?.until ?? 0) - this.engine.clock.now()
  }

  renewLease(): Promise<void> {
    const { owner, clock, config } = this.engine
    return this.record({ type: 'lease_renewed', lease: { owner, until: clock.now() + config.leaseMs } })
  }

  /** Within its lease no other driver has the run; after it, or once the run was offered, a save tells. */
  async #stillHeld(): Promise<void> {
    this.throwIfLost()
    if (this.leaseLeftMs() <= 0 || this.#core.run.handover) await this.renewLease()
  }

  /** A store that does not answer is asked again until the run is lost: what people want is not guessed. */
  async #readSwitches(): Promise<void> {
    const { id, suite } = this.#core.run
    const controls = await savePatiently(this, `switches of ${id}`, () => this.engine.store.controls.read({ id, suite: suite.name }))
    const stop = stopBySwitch(controls)
    if (stop !== null) this.requestStop(stop)
  }

  /** A driver that slept past its own lease (a closed lid, a frozen process) may only revert, even if no other driver took over yet. */
  #noticeLateness(now: number): void {
    if (now <= (this.#core.run.lease?.until ?? now)) return
    this.requestStop({ reason: 'driver_lost', by: this.engine.owner, detail: 'it slept through its own lease' })
  }

  /** Copies what is left of the history; what fails stays in the run's outbox. */
  historyCopied(): Promise<void> {
    return this.#core.copyHistory({ engine: this.engine, note: (message) => this.note(message) })
  }

  #observe(progress: Progress): void {
    this.engine.observe(progress)
  }
}
