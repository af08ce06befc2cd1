import type { Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { defaultConfig } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import { seededRandom } from '../../lib/domain/random.ts'
import type { ClusterRef } from '../../lib/domain/run.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { Store } from '../../lib/ports.ts'
import { simulatedImages } from '../../lib/simulated-images.ts'
import type { LocalAnswer } from '../../sandbox/api/in-process.ts'
import { type LocalSandbox, startLocalSandbox } from '../../sandbox/start.ts'
import { askSandbox } from '../support/local-cluster.ts'
import { openPlainStore } from '../support/plain-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { type Deed, deedOf } from './deeds.ts'
import { drawWeather, type Weather } from './weather.ts'

export const namespace = 'jadevectordb-system'

/** The whole system under one seed and one virtual clock, in one process and without a socket. */
export class Simulation {
  readonly clock: VirtualClock
  readonly sandbox: LocalSandbox
  readonly store: Store
  readonly ref: ClusterRef
  readonly random: () => number
  readonly began: number
  weather: Weather
  /** When the table is away for everyone. */
  outages: readonly { readonly from: number; readonly to: number }[] = []
  hasStoodStill = false
  /** Whether a person deleted Jobs of ours. */
  isHaltedByHand = false
  /** Nothing is to go wrong: no trouble, fair weather, clocks that agree. */
  isUndisturbed = false
  /** When a stop was stored first; null: none was. */
  stoppedAt: number | null = null
  readonly #knewOfStopAt = new Map<string, number>()
  readonly #firstSent = new Map<string, number>()
  /** All that was told, by each process. */
  readonly told: Notice[] = []
  /** Runs whose report was left. */
  readonly reported = new Set<string>()
  /** What was done to the workload, as the API server saw it. */
  readonly deeds: Deed[] = []
  readonly violations: string[] = []
  readonly trace: string[] = []

  private constructor(parts: Pick<Simulation, 'clock' | 'sandbox' | 'store' | 'ref' | 'random'>) {
    this.clock = parts.clock
    this.sandbox = parts.sandbox
    this.store = parts.store
    this.ref = parts.ref
    this.random = parts.random
    this.began = parts.clock.now()
    this.weather = drawWeather(parts.random)
  }

  static async open(seed: number): Promise<Simulation> {
    const random = seededRandom(seed)
    // Neighbouring seeds begin alike.
    for (let i = 0; i < 5; i++) random()
    const clock = new VirtualClock()
    const replicas = 3 + Math.floor(random() * 4)
    const enforceNetworkPolicies = random() < 0.9
    const sandbox = startLocalSandbox({ clock, seed, replicas, enforceNetworkPolicies, requestsPerSecond: 0 })
    const store = openPlainStore(clock)
    await clock.advance(10_000)
    const uid = sandbox.get('namespaces', 'kube-system')?.metadata.uid ?? ''
    const ref: ClusterRef = { uid, name: 'simulated', via: { kind: 'sandbox', url: 'http://127.0.0.1' }, simulated: true }
    return new Simulation({ clock, sandbox, store, ref, random })
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
      probes: () => ({ ask: async () => ({ value: 0, message: '' }) }),
      observe: () => {},
    }
  }

  happens(chance: number): boolean {
    return chance > 0 && this.random() < chance
  }

  note(line: string): void {
    this.trace.push(`${((this.clock.now() - this.began) / 1000).toFixed(3).padStart(8)} ${line}`)
  }

  /** A process has read the switches, and they say stop. */
  knowsOfStop(process: string): void {
    if (!this.#knewOfStopAt.has(process)) this.#knewOfStopAt.set(process, this.clock.now())
  }

  violated(what: string): void {
    this.note(`VIOLATION ${what}`)
    this.violations.push(what)
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
    if (deed !== null) await this.#check(sender, { ...deed, sender, sentAt, at: this.clock.now() })
    const answer = await askSandbox(this.sandbox, call)
    if (call.method !== 'GET' && !call.path.includes('selfsubject') && call.query?.dryRun === undefined)
      this.note(`${sender} ${call.method} ${call.path}: ${answer.status}`)
    if (deed !== null && answer.status < 300) this.deeds.push({ ...deed, sender, sentAt, at: this.clock.now() })
    return answer
  }

  /** Where the table answers at once, the read that gates a deed is of the same moment. */
  #readsAtOnce(): boolean {
    return this.weather.storeSlow === 0 && this.outages.length === 0 && !this.hasStoodStill
  }

  /** Nothing is done before what undoes it is stored, and nothing after a stop that its driver has read. */
  async #check(sender: string, deed: Deed): Promise<void> {
    const runs = await this.store.runs.list()
    const entries = (await Promise.all(runs.map((run) => this.store.ledger.list(run.id)))).flat()
    const covers = entries.some((entry) => entry.status !== 'planned' && covered(entry, deed))
    const key = `${sender} ${deed.kind} ${deed.name} ${deed.uid}`
    const firstSentAt = this.#firstSent.get(key) ?? deed.sentAt
    this.#firstSent.set(key, firstSentAt)
    const knewAt = this.#knewOfStopAt.get(sender) ?? Number.POSITIVE_INFINITY
    if (firstSentAt > knewAt)
      this.violated(`${sender} did ${deed.kind} ${deed.name} ${firstSentAt - knewAt} ms after it had read that the run is stopped`)
    if (this.stoppedAt !== null && firstSentAt > this.stoppedAt && this.#readsAtOnce())
      this.violated(`${sender} did ${deed.kind} ${deed.name} ${firstSentAt - this.stoppedAt} ms after the stop was stored`)
    if (!covers) this.violated(`${sender} did ${deed.kind} ${deed.name} before its undo was stored`)
  }

  /** Lets everything happen until then. */
  async until(end: number, isOver: () => boolean = () => false): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const next = this.clock.nextWake()
      if (next === undefined || next > end || isOver()) return
      this.clock.step()
    }
  }

  async close(): Promise<void> {
    await this.sandbox.close()
    await this.store.close()
  }
}

/** Whether a ledger entry is there to undo what is done. */
function covered({ undo, targets }: Injection, { kind, name, uid }: Deed): boolean {
  switch (kind) {
    case 'policy':
      return undo.kind === 'policy' && undo.policy === name
    case 'injector':
      return undo.kind === 'injector' && undo.job === name
    case 'cordon':
      return undo.kind === 'cordon' && targets.some((target) => target.name === name)
    case 'eviction':
      return undo.kind === 'cordon'
    case 'delete':
      return undo.kind === 'deletion' && targets.some((target) => target.uid === uid)
  }
}
