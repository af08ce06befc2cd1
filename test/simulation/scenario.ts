import { abortRun, resolveRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns, sweepOrphans } from '../../lib/engine/reap.ts'
import { type StartRequest, start } from '../../lib/engine/start.ts'
import type { Store } from '../../lib/ports.ts'
import { type PlannedStart, streamOf } from './plan.ts'
import { SimulatedProcess } from './process.ts'
import type { Simulation } from './simulation.ts'
import { Outsiders, type TroubleKind } from './troubles.ts'
import { calmWeather } from './weather.ts'

const reaperEveryMs = 60_000
/** Clocks may differ by 30 s in all. */
const worstSkewMs = 14_000
const giveUpAfterMs = 300_000
const handOver = { firstMs: 9_000, againMs: 4_000, leaveMs: 1_000 }

/** What happens in one world, as its plan has it: runs by one driver or by many, and all that may befall them. */
export class Scenario {
  readonly #simulation: Simulation
  readonly #random: () => number
  readonly #outsiders: Outsiders
  readonly #drivers: SimulatedProcess[] = []
  readonly #processes: SimulatedProcess[] = []
  #reapers = 0
  #isGone = false
  /** Of the runs that were started, in the order of their plans. */
  readonly #runIds: string[] = []

  constructor(simulation: Simulation) {
    const { seed } = simulation.plan
    this.#simulation = simulation
    this.#random = streamOf(seed, 'processes')
    this.#outsiders = new Outsiders(simulation, streamOf(seed, 'outsiders'))
  }

  /** Begins all of it; what is to happen later waits on the clock. */
  begin(): void {
    const { starts, troubles, goneAfterMs, reaperAfterMs } = this.#simulation.plan
    for (const [index, planned] of starts.entries()) this.#after(planned.afterMs, () => this.#start(index, planned))
    for (const { afterMs, kind } of troubles) this.#after(afterMs, () => this.#trouble(kind))
    if (goneAfterMs !== null) this.#after(goneAfterMs, () => this.#abandon())
    this.#after(reaperAfterMs, () => this.#reapForEver())
  }

  /** From here on nothing goes wrong any more. */
  calm(): void {
    this.#simulation.weather = calmWeather
    this.#outsiders.repair()
    this.#simulation.note('the weather is calm now')
  }

  #process(name: string): SimulatedProcess {
    const random = this.#random
    const [isSkewed, skew] = [random() < 0.3, random()]
    const skewMs = isSkewed && this.#simulation.plan.mayBeSkewed ? Math.round((skew * 2 - 1) * worstSkewMs) : 0
    const process = new SimulatedProcess(this.#simulation, name, skewMs)
    this.#processes.push(process)
    if (this.#isGone) process.kill()
    return process
  }

  #start(index: number, planned: PlannedStart): void {
    const { ref, clock, plan } = this.#simulation
    const random = streamOf(plan.seed, `start ${index}`)
    const request: StartRequest = {
      suite: planned.suite,
      cluster: ref,
      seed: Math.floor(random() * 1e6),
      nonce: ['abcde', 'fghij'][index] ?? 'other',
      trigger: { kind: 'manual', key: `key-${index}-${Math.floor(random() * 1e6)}`, by: 'ann' },
      scheduledAt: clock.now(),
    }
    for (let copies = planned.isTwice ? 2 : 1; copies > 0; copies--)
      this.#invoke(planned.driverMs, async (engine) => {
        const { run } = await start(engine, request)
        this.#runIds[index] = run.id
        return run.id
      })
  }

  /** A driver, with or without a limit to its time. */
  #invoke(timeMs: number | null, find: (engine: ReturnType<SimulatedProcess['engine']>) => Promise<string>): void {
    const { clock, plan } = this.#simulation
    const name = `driver-${this.#drivers.length + 1}`
    const driver = this.#process(name)
    this.#drivers.push(driver)
    const [dies, dieAt] = [this.#random() < 0.3, this.#random()]
    if (dies && plan.mayDie) driver.dieAtCall(1 + Math.floor(dieAt ** 2 * 300))
    const endsAt = clock.now() + (timeMs ?? Number.POSITIVE_INFINITY)
    const engine = driver.engine(timeMs === null ? {} : { handOver })
    if (timeMs !== null) void clock.sleep(timeMs).then(() => driver.kill())
    this.#simulation.spawn(name, async () => {
      const runId = await find(engine)
      const budget = { remainingMs: () => endsAt - clock.now(), handOver: async () => this.#call(timeMs, runId) }
      return drive(engine, runId, timeMs === null ? { giveUpAfterMs } : { budget, giveUpAfterMs })
    })
  }

  /** The bus: a call for a successor may be lost, late or doubled. */
  #call(timeMs: number | null, runId: string): void {
    const random = this.#random
    const times = this.#simulation.happens(this.#simulation.weather.busLoses) ? Math.floor(random() * 3) : 1
    this.#simulation.note(`a successor is called; the call comes ${times} times`)
    const afterMs = random() < 0.8 ? random() * 1_000 : random() * 40_000
    for (let i = 0; i < times; i++) this.#after(afterMs * (i + 1), () => this.#invoke(timeMs, async () => runId))
  }

  async #reapForEver(): Promise<void> {
    while (!this.#isGone) {
      this.#reap(`reaper-${++this.#reapers}`)
      await this.#simulation.clock.sleep(reaperEveryMs)
    }
  }

  #reap(name: string): void {
    const engine = this.#process(name).engine()
    this.#simulation.spawn(name, async () => {
      const { errors } = await reapRuns(engine, await engine.store.runs.due(engine.clock.now()), { giveUpAfterMs })
      for (const error of errors) this.#simulation.note(`${name}: ${error.message}`)
      await sweepOrphans(engine, await engine.connect(this.#simulation.ref))
      await redeliverNotifications(engine, (line) => this.#simulation.note(`${name}: ${line}`))
    })
  }

  #after(ms: number, act: () => unknown): void {
    if (ms === 0) act()
    else void this.#simulation.clock.sleep(ms).then(act)
  }

  #abandon(): void {
    this.#simulation.note('all that is ours outside of the cluster is gone for good')
    this.#isGone = true
    for (const process of this.#processes) process.kill()
  }

  #trouble(kind: TroubleKind): void {
    const random = this.#random
    const { clock, store, stops } = this.#simulation
    const driver = this.#drivers.findLast(({ isDead }) => !isDead)
    const runId = this.#runIds[Math.floor(random() * this.#runIds.length)]
    this.#simulation.note(`trouble: ${kind}`)
    switch (kind) {
      case 'driver dies':
        driver?.kill()
        break
      case 'driver stands still for long':
        driver?.standStill(random() * 100_000)
        break
      case 'driver stands still for a while':
        driver?.standStill(random() * 20_000)
        break
      case 'driver stands still before a call':
        driver?.stallAtWrite(1 + Math.floor(random() ** 2 * 40), random() * 150_000)
        break
      case 'halt':
        void store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'enough', at: clock.now() }).then(() => stops.isStored('all'))
        break
      case 'resume':
        void lifted(store).then((isLifted) => isLifted && stops.isLifted('all'))
        break
      case 'abort':
        this.#command(runId, (engine, id) => abortRun(engine, id, { who: { kind: 'os', name: 'ann' }, why: 'enough' }, { giveUpAfterMs }))
        break
      case 'resolve':
      case 'resolve by force':
        this.#command(runId, (engine, id) => {
          this.#simulation.resolved.add(id)
          return resolveRun(engine, id, { who: { kind: 'os', name: 'ann' }, why: 'I looked', force: kind === 'resolve by force' })
        })
        break
      case 'reaper comes early':
        this.#reap(`reaper-${++this.#reapers}-early`)
        break
      case 'another driver tries':
        if (runId !== undefined) this.#invoke(null, async () => runId)
        break
      default:
        this.#outsiders.do(kind)
    }
  }

  #command(runId: string | undefined, act: (engine: ReturnType<SimulatedProcess['engine']>, runId: string) => Promise<unknown>): void {
    if (runId === undefined) return
    const person = this.#process(`person-${this.#processes.length}`)
    this.#simulation.spawn(person.name, () => act(person.engine(), runId))
  }
}

/** As a person does: a halt that was set since stays. */
async function lifted({ controls }: Store): Promise<boolean> {
  const { halt } = await controls.read({ id: '-', suite: '-' })
  return halt !== null && (await controls.clear({ kind: 'halt' }, halt))
}
