import type { Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { defaultConfig } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import type { ClusterRef, Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { Store } from '../../lib/ports.ts'
import { simulatedImages } from '../../lib/simulated-images.ts'
import type { LocalAnswer } from '../../sandbox/api/in-process.ts'
import { isReady } from '../../sandbox/pod-state.ts'
import { type LocalSandbox, startLocalSandbox } from '../../sandbox/start.ts'
import type { Pod } from '../../sandbox/wire.ts'
import { askSandbox } from '../support/local-cluster.ts'
import { openPlainStore } from '../support/plain-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { DeedChecks } from './deed-checks.ts'
import { deedOf } from './deeds.ts'
import { EffectWatch } from './effect-watch.ts'
import { LoadChecks } from './load-checks.ts'
import { OverlapChecks } from './overlap-checks.ts'
import { type Period, streamOf, type WorldPlan } from './plan.ts'
import { Stops } from './stops.ts'
import { type Strangers, settleStrangers } from './strangers.ts'
import type { Weather } from './weather.ts'

export const namespace = 'jadevectordb-system'

/** The whole system under one seed and one virtual clock, in one process and without a socket. */
export class Simulation {
  readonly plan: WorldPlan
  readonly clock: VirtualClock
  readonly sandbox: LocalSandbox
  readonly store: Store
  readonly ref: ClusterRef
  readonly random: () => number
  readonly began: number
  readonly strangers: Strangers
  readonly stops: Stops
  readonly deeds: DeedChecks
  readonly overlaps: OverlapChecks = new OverlapChecks(this)
  weather: Weather
  hasStoodStill = false
  /** When a process that stood still went on. */
  readonly wokeAt = new Map<string, number>()
  /** Whether a person (or a machine that went) took away what was ours. */
  isHaltedByHand = false
  isWorkloadGone = false
  /** Nodes that a person cordoned last. */
  readonly cordonedByPeople = new Set<string>()
  /** Runs that a person tried to resolve. */
  readonly resolved = new Set<string>()
  /** All that was told, by each process. */
  readonly told: Notice[] = []
  /** Runs whose report was left. */
  readonly reported = new Set<string>()
  /** All that probes answered. */
  readonly answers: number[] = []
  /** Every event of every version of a run that was stored, by run and number. */
  readonly storedEvents = new Map<string, Map<string, HistoryEvent>>()
  readonly #lastStored = new Map<string, Run>()
  /** What an index answered last, by the port's method. */
  readonly staleAnswers = new Map<string, { readonly value?: unknown; readonly error?: unknown }>()
  readonly violations: string[] = []
  readonly trace: string[] = []
  readonly #effects: EffectWatch
  readonly #loads: LoadChecks

  private constructor(plan: WorldPlan, parts: Pick<Simulation, 'clock' | 'sandbox' | 'store' | 'ref'>) {
    this.plan = plan
    this.clock = parts.clock
    this.sandbox = parts.sandbox
    this.store = parts.store
    this.ref = parts.ref
    this.random = streamOf(plan.seed, 'calls')
    this.began = parts.clock.now()
    this.weather = plan.weather
    this.strangers = settleStrangers(parts.sandbox)
    this.stops = new Stops(parts.clock)
    this.deeds = new DeedChecks(this)
    this.#effects = new EffectWatch(this)
    this.#loads = new LoadChecks(this)
  }

  static async open(plan: WorldPlan): Promise<Simulation> {
    const { seed, replicas, enforceNetworkPolicies } = plan
    const clock = new VirtualClock()
    const sandbox = startLocalSandbox({ clock, seed, replicas, enforceNetworkPolicies, requestsPerSecond: 0 })
    const store = openPlainStore(clock)
    await clock.advance(10_000)
    const uid = sandbox.get('namespaces', 'kube-system')?.metadata.uid ?? ''
    const ref: ClusterRef = { uid, name: 'simulated', via: { kind: 'sandbox', url: 'http://127.0.0.1' }, simulated: true }
    return new Simulation(plan, { clock, sandbox, store, ref })
  }

  /** What every process' engine has in common. */
  engine(): Pick<Engine, 'config' | 'isDead' | 'sink' | 'probes' | 'observe'> {
    return {
      config: {
        ...defaultConfig,
        injector: { ...defaultConfig.injector, image: simulatedImages.injector },
        fuse: { ...defaultConfig.fuse, cordonImage: simulatedImages.cordonFuse },
      },
      isDead: () => false,
      sink: null,
      probes: () => ({ ask: async () => this.#answer() }),
      observe: () => {},
    }
  }

  /** Whether the newest version of that run that was stored is its end. */
  isOver(runId: string): boolean {
    const run = this.#lastStored.get(runId)
    return run !== undefined && isEnded(run)
  }

  isAway(period: Period | null): boolean {
    const at = this.clock.now() - this.began
    return period !== null && at >= period.from && at < period.to
  }

  happens(chance: number): boolean {
    return chance > 0 && this.random() < chance
  }

  note(line: string): void {
    this.trace.push(`${((this.clock.now() - this.began) / 1000).toFixed(3).padStart(8)} ${line}`)
  }

  violated(what: string): void {
    this.note(`VIOLATION ${what}`)
    this.violations.push(what)
  }

  /** A version of a run is in the table. Only a hand-over that is taken in time continues; any other driver may but revert. */
  runIsStored(run: Run): void {
    const { id, events } = run
    this.overlaps.runIsStored(run)
    const before = this.#lastStored.get(id)
    this.#lastStored.set(id, run)
    const isOther = before?.lease != null && run.lease !== null && run.lease.owner !== before.lease.owner
    const isInTime = before?.handover === true && this.clock.now() <= (before.lease?.until ?? 0) + this.#latestTakeOverMs()
    if (isOther && run.abort === null && !isInTime)
      this.violated(`run ${id} (${run.status}) is continued by ${run.lease?.owner}, and ${before?.lease?.owner} had not handed it over`)
    const known = this.storedEvents.get(id) ?? new Map<string, HistoryEvent>()
    for (const event of events) known.set(`${event.version}#${event.n}`, event)
    this.storedEvents.set(id, known)
  }

  /** A process' work, of which only errors that are none of ours concern the simulation. */
  spawn(name: string, work: () => Promise<unknown>): void {
    work().then(
      (value) =>
        this.note(`${name} is through${typeof value === 'object' && value !== null && 'status' in value ? `: ${value.status}` : ''}`),
      (error: unknown) => {
        this.note(`${name} leaves: ${String(error)}`)
        if (!(error instanceof FaultlineError)) this.violated(`${name} threw ${error instanceof Error ? error.stack : String(error)}`)
      },
    )
  }

  /** A request that reached the API server. */
  async arrive(sender: string, call: Call, sentAt: number): Promise<LocalAnswer> {
    const deed = deedOf(call)
    if (deed !== null) await this.deeds.arrives({ ...deed, sender, sentAt, at: this.clock.now() })
    await this.#loads.arrives(sender, call)
    const answer = await askSandbox(this.sandbox, call)
    if (call.method !== 'GET' && !call.path.includes('selfsubject') && call.query?.dryRun === undefined)
      this.note(`${sender} ${call.method} ${call.path}: ${answer.status}`)
    if (deed !== null && answer.status < 300) this.deeds.isDone({ ...deed, sender, sentAt, at: this.clock.now() })
    return answer
  }

  /** Lets everything happen until then. */
  async until(end: number, isOver: () => boolean = () => false): Promise<void> {
    void this.clock.sleep(end - this.clock.now())
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      this.#effects.look()
      this.#loads.look()
      const next = this.clock.nextWake()
      if (next === undefined || next > end || isOver()) return
      this.clock.step()
    }
  }

  /** After a lease that ended: the skew that is allowed for, that which there is, and what a slow table and a sleeper add. */
  #latestTakeOverMs(): number {
    const { mayBeSkewed, weather, tableAway } = this.plan
    const isSlow = weather.storeSlow > 0 || tableAway !== null || this.hasStoodStill
    return 30_000 + (mayBeSkewed ? 28_000 : 0) + (isSlow ? 60_000 : 1_000)
  }

  async close(): Promise<void> {
    await this.sandbox.close()
    await this.store.close()
  }

  async #answer(): Promise<{ readonly value: number; readonly message: string }> {
    if (this.happens(this.weather.probeFails)) throw new FaultlineError('unavailable', 'the probe failed')
    const pods = this.sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb')
    const value = pods.filter((pod) => isReady(pod as Pod)).length
    this.answers.push(value)
    return { value, message: `${value} Ready` }
  }
}
