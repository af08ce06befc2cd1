import type { Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { Clock, Cluster, Notifier, Store } from '../../lib/ports.ts'
import { localCluster } from '../support/local-cluster.ts'
import type { Simulation } from './simulation.ts'
import { drawDelay } from './weather.ts'
import { WeatheredExchange } from './weathered-exchange.ts'

/** Calls of the table after which it holds something else; what is only counted or told is not looked at. */
const storeWrites: readonly string[] = [
  'runs.create',
  'runs.save',
  'ledger.add',
  'ledger.save',
  'ledger.appendHistory',
  'locks.acquire',
  'locks.takeOver',
  'locks.release',
  'notices.claim',
  'notices.keep',
]
const never = () => new Promise<never>(() => {})

/**
 * One operating-system process: a driver, a reaper, a person's command. It may die at any call, stand still for a while (a closed lid)
 * and wake up as a zombie, and its clock may be wrong. A dead one's promises never settle, so that nothing of it runs on, no handler either.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly #simulation: Simulation
  readonly #skewMs: number
  #calls = 0
  #writes = 0
  readonly #openWrites = new Set<number>()
  /** Writes that were sent while another was not answered yet. */
  readonly sentBeside = new Set<number>()
  #diesAt = Number.POSITIVE_INFINITY
  #diesAtWrite: { readonly nth: number; readonly when: 'before' | 'after' } | null = null
  #stallsAtWrite: { readonly nth: number; readonly ms: number } | null = null
  #stillUntil = 0
  #dead = false

  constructor(simulation: Simulation, name: string, skewMs = 0) {
    this.name = name
    this.#simulation = simulation
    this.#skewMs = skewMs
    const { clock } = simulation
    this.clock = {
      now: () => clock.now() + skewMs,
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        await this.#resumed()
      },
    }
  }

  get isDead(): boolean {
    return this.#dead
  }

  get isAsleep(): boolean {
    return this.#simulation.clock.now() < this.#stillUntil
  }

  /** Dies at its n-th call from now, before or after it is carried out. */
  dieAtCall(n: number): void {
    this.#diesAt = this.#calls + n
  }

  /** Dies at its n-th write, before it is sent or after it was carried out and before its answer comes. */
  dieAtWrite(nth: number, when: 'before' | 'after'): void {
    this.#diesAtWrite = { nth, when }
  }

  /** Stands still right before its n-th write from now is sent, past all that it had looked at; it is sent when it wakes. */
  stallAtWrite(n: number, ms: number): void {
    this.#stallsAtWrite = { nth: this.#writes + n, ms }
  }

  /** How many it has sent: calls after which the world is another one. */
  get writes(): number {
    return this.#writes
  }

  kill(): void {
    if (!this.#dead) this.#simulation.note(`${this.name} dies`)
    this.#dead = true
  }

  standStill(ms: number): void {
    this.#simulation.note(`${this.name} stands still for ${ms} ms (its clock is ${this.#skewMs} ms off)`)
    this.#simulation.hasStoodStill = true
    this.#stillUntil = this.#simulation.clock.now() + ms
  }

  engine(options: { readonly handOver?: Engine['config']['handOver'] } = {}): Engine {
    const base = this.#simulation.engine()
    const cluster = this.#cluster()
    return {
      ...base,
      owner: this.name,
      store: this.#storeThrough(this.#simulation.store),
      connect: async () => cluster,
      clock: this.clock,
      config: { ...base.config, ...(options.handOver === undefined ? {} : { handOver: options.handOver }) },
      notifiers: [this.#notifier()],
      report: (run) => this.#report(run.id),
    }
  }

  #cluster(): Cluster {
    const { random } = this.#simulation
    const changes = ({ method, path, query }: Call) => method !== 'GET' && query?.dryRun === undefined && !path.includes('selfsubject')
    const exchange = new WeatheredExchange(this.#simulation, this.name, {
      before: (call) => this.#beforeCall(changes(call)),
      after: (write) => this.#afterCall(write),
    })
    return localCluster({ exchange, clock: this.clock, random })
  }

  #storeThrough(store: Store): Store {
    const through = <T extends object>(port: string, target: T): T =>
      new Proxy(target, {
        get: (object, method: string) => {
          const value: unknown = Reflect.get(object, method)
          if (typeof value !== 'function') return value
          return (...args: unknown[]) => this.#askStore(`${port}.${method}`, args, () => value.apply(object, args) as Promise<unknown>)
        },
      })
    return {
      runs: through('runs', store.runs),
      ledger: through('ledger', store.ledger),
      locks: through('locks', store.locks),
      controls: through('controls', store.controls),
      notices: through('notices', store.notices),
      totals: through('totals', store.totals),
      samples: through('samples', store.samples),
      audit: through('audit', store.audit),
      close: async () => {},
    }
  }

  async #askStore(what: string, args: readonly unknown[], go: () => Promise<unknown>): Promise<unknown> {
    const { weather, random, clock, plan } = this.#simulation
    const write = await this.#beforeCall(storeWrites.includes(what))
    const isAway = this.#simulation.isAway(plan.tableAway)
    const fails = isAway || this.#simulation.happens(weather.storeFails)
    const slowMs = this.#simulation.happens(weather.storeSlow) ? drawDelay(random) : 0
    const isCarriedOut = !fails || (!isAway && random() < 0.5)
    if (slowMs > 0 || fails)
      this.#simulation.note(`${this.name} ${what}: ${fails ? (isCarriedOut ? 'answer lost' : 'fails') : 'slow'}, ${slowMs} ms`)
    const early = random() < 0.5
    if (early && slowMs > 0) await clock.sleep(slowMs)
    const answer = isCarriedOut ? await this.#carryOut(what, args, go) : null
    if (!early && slowMs > 0) await clock.sleep(slowMs)
    await this.#afterCall(write)
    if (fails) throw new StoreUnavailable(what)
    if (what === 'controls.read' && (Object(answer?.value).halt ?? Object(answer?.value).abort) !== null)
      this.#simulation.stops.isRead(this.name, String(Object(args[0]).id))
    if (answer?.error !== undefined) throw answer.error
    return answer?.value
  }

  /** An index may answer what it had answered before. */
  async #carryOut(what: string, args: readonly unknown[], go: () => Promise<unknown>): ReturnType<typeof settled> {
    const { weather, staleAnswers, stops } = this.#simulation
    const isIndex = what === 'runs.list' || what === 'runs.due'
    const stale = isIndex && this.#simulation.happens(weather.indexStale) ? staleAnswers.get(what) : undefined
    if (stale !== undefined) this.#simulation.note(`${this.name} ${what}: stale`)
    const answer = stale ?? (await settled(go))
    if (isIndex) staleAnswers.set(what, answer)
    if (answer.error !== undefined) return answer
    if (what === 'controls.set') stops.isStored(String(Object(args[0]).runId ?? 'all'))
    if (what === 'ledger.save' || (what === 'ledger.add' && answer.value === true))
      this.#simulation.overlaps.entryIsStored(args[0] as Injection)
    if (what === 'runs.save' || (what === 'runs.create' && answer.value === true)) this.#simulation.runIsStored(args[0] as Run)
    return answer
  }

  /** Nothing of a process runs between its answers: only what goes on after one may find it dead or standing still. */
  async #beforeCall(isWrite = false): Promise<number | null> {
    this.#calls++
    const write = isWrite ? ++this.#writes : null
    if (this.#calls >= this.#diesAt && this.#simulation.random() < 0.5) this.kill()
    if (write !== null && write === this.#diesAtWrite?.nth && this.#diesAtWrite.when === 'before') this.kill()
    if (write !== null && write === this.#stallsAtWrite?.nth) this.standStill(this.#stallsAtWrite.ms)
    await this.#resumed()
    if (write !== null && this.#openWrites.size > 0) this.sentBeside.add(write)
    if (write !== null) this.#openWrites.add(write)
    return write
  }

  async #afterCall(write: number | null = null): Promise<void> {
    if (write !== null) this.#openWrites.delete(write)
    if (this.#calls >= this.#diesAt) this.kill()
    if (write !== null && write === this.#diesAtWrite?.nth && this.#diesAtWrite.when === 'after') this.kill()
    await this.#resumed()
  }

  async #resumed(): Promise<void> {
    const { clock } = this.#simulation
    while (!this.#dead && clock.now() < this.#stillUntil) {
      await clock.sleep(this.#stillUntil - clock.now())
      this.#simulation.wokeAt.set(this.name, clock.now())
    }
    if (this.#dead) await never()
  }

  async #report(runId: string): Promise<void> {
    await this.#beforeCall()
    if (this.#simulation.happens(this.#simulation.weather.notifierFails)) throw new StoreUnavailable('the bucket')
    this.#simulation.reported.add(runId)
    await this.#afterCall()
  }

  #notifier(): Notifier {
    const { told } = this.#simulation
    return {
      name: 'people',
      notify: async (notice) => {
        await this.#beforeCall()
        if (this.#simulation.happens(this.#simulation.weather.notifierFails)) throw new StoreUnavailable('the topic')
        told.push(notice)
        await this.#afterCall()
      },
    }
  }
}

async function settled(go: () => Promise<unknown>): Promise<{ readonly value?: unknown; readonly error?: unknown }> {
  try {
    return { value: await go() }
  } catch (error) {
    return { error }
  }
}
