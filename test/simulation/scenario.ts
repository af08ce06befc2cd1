import { managedBy, managedByLabel, roleLabel } from '../../lib/domain/labels.ts'
import type { FaultSpec, Suite } from '../../lib/domain/suite.ts'
import { abortRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns, sweepOrphans } from '../../lib/engine/reap.ts'
import { type StartRequest, start } from '../../lib/engine/start.ts'
import {
  anyPod,
  crashloop,
  latency,
  memory,
  netfilter,
  nodeDrain,
  partition,
  podDelete,
  podKill,
  stepOf,
  suiteOf,
} from '../support/suites.ts'
import { SimulatedProcess } from './process.ts'
import { namespace, type Simulation } from './simulation.ts'

const stress = (kind: 'cpu' | 'disk' | 'network'): FaultSpec => ({ ...memory, kind }) as FaultSpec
const peers: FaultSpec = { ...partition, mechanism: 'netfilter', scope: 'peers' }
const faults: readonly FaultSpec[] = [
  ...[partition, netfilter, peers, latency],
  ...[podDelete, podKill, crashloop, nodeDrain],
  ...[memory, stress('cpu'), stress('disk'), stress('network')],
]
const reaperEveryMs = 60_000
/** Clocks may differ by 30 s in all. */
const worstSkewMs = 14_000

/** What happens in one world: a run by one driver or by many, and all that may befall it. Drawn from the seed before it begins. */
export class Scenario {
  readonly #simulation: Simulation
  readonly #request: StartRequest
  readonly #drivers: SimulatedProcess[] = []
  readonly #processes: SimulatedProcess[] = []
  #reapers = 0
  #isGone = false
  #runId = ''
  /** Every process of ours is gone for good at some time: only what burns in the cluster is left. */
  isAbandoned = false

  constructor(simulation: Simulation) {
    const { random, ref } = simulation
    this.#simulation = simulation
    const key = `key-${Math.floor(random() * 1e6)}`
    const scheduledAt = simulation.clock.now()
    this.#request = {
      suite: this.#suite(),
      cluster: ref,
      seed: Math.floor(random() * 1e6),
      nonce: 'abcde',
      trigger: { kind: 'manual', key, by: 'ann' },
      scheduledAt,
    }
  }

  /** Begins all of it; what is to happen later waits on the clock. */
  begin(): void {
    const { random } = this.#simulation
    this.#simulation.isUndisturbed = random() < 0.1
    if (this.#simulation.isUndisturbed) this.calm()
    const isLimited = random() < 0.5
    const timeMs = 25_000 + random() * 50_000
    this.#invoke(isLimited ? timeMs : null)
    if (random() < 0.15) this.#invoke(isLimited ? timeMs : null)
    const { isUndisturbed } = this.#simulation
    if (!isUndisturbed && random() < 0.3) this.#outage()
    const troubles = isUndisturbed ? 0 : Math.floor(random() * 4)
    for (let i = 0; i < troubles; i++) this.#after(random() * random() * 120_000, () => this.#trouble())
    this.isAbandoned = !isUndisturbed && random() < 0.1
    if (this.isAbandoned) this.#after(random() * random() * 90_000, () => this.#abandon())
    this.#after(random() * reaperEveryMs, () => this.#reapForEver())
  }

  /** From here on nothing goes wrong any more. */
  calm(): void {
    const none = { storeFails: 0, storeSlow: 0, apiFails: 0, apiSlow: 0, busLoses: 0, notifierFails: 0 }
    this.#simulation.weather = none
    this.#simulation.outages = []
    this.#simulation.note('the weather is calm now')
  }

  #suite(): Suite {
    const { random } = this.#simulation
    const steps = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const fault = faults[Math.floor(random() * faults.length)] ?? partition
      const targets = { ...anyPod, count: fault.kind === 'node-drain' ? 1 : 1 + Math.floor(random() * 3) }
      return stepOf(fault, { durationMs: 3_000 + Math.round(random() * 27_000), intervalMs: Math.round(random() * 5_000), targets })
    })
    return suiteOf(steps, { recoveryTimeoutMs: 60_000 })
  }

  #process(name: string): SimulatedProcess {
    const { random } = this.#simulation
    const skewMs = !this.#simulation.isUndisturbed && random() < 0.3 ? Math.round((random() * 2 - 1) * worstSkewMs) : 0
    const process = new SimulatedProcess(this.#simulation, name, skewMs)
    this.#processes.push(process)
    if (this.#isGone) process.kill()
    return process
  }

  /** A driver, with or without a limit to its time. */
  #invoke(timeMs: number | null): void {
    const { random, clock } = this.#simulation
    const name = `driver-${this.#drivers.length + 1}`
    const driver = this.#process(name)
    this.#drivers.push(driver)
    if (!this.#simulation.isUndisturbed && random() < 0.3) driver.dieAtCall(1 + Math.floor(random() ** 2 * 300))
    const endsAt = clock.now() + (timeMs ?? Number.POSITIVE_INFINITY)
    const handOver = { firstMs: 9_000, againMs: 4_000, leaveMs: 1_000 }
    const engine = driver.engine(timeMs === null ? {} : { handOver })
    if (timeMs !== null) void clock.sleep(timeMs).then(() => driver.kill())
    this.#simulation.spawn(name, async () => {
      if (this.#runId === '' || this.#drivers.length <= 2) this.#runId = (await start(engine, this.#request)).run.id
      const budget = { remainingMs: () => endsAt - clock.now(), handOver: async () => this.#call(timeMs) }
      return drive(engine, this.#runId, timeMs === null ? { giveUpAfterMs: 300_000 } : { budget, giveUpAfterMs: 300_000 })
    })
  }

  /** The bus: a call for a successor may be lost, late or doubled. */
  #call(timeMs: number | null): void {
    const { random, weather } = this.#simulation
    const times = this.#simulation.happens(weather.busLoses) ? Math.floor(random() * 3) : 1
    this.#simulation.note(`a successor is called; the call comes ${times} times`)
    for (let i = 0; i < times; i++) this.#after(random() < 0.8 ? random() * 1_000 : random() * 40_000, () => this.#invoke(timeMs))
  }

  #outage(): void {
    const { random, clock } = this.#simulation
    const from = clock.now() + random() * 60_000
    this.#simulation.outages = [{ from, to: from + random() * 45_000 }]
  }

  async #reapForEver(): Promise<void> {
    const { clock } = this.#simulation
    while (!this.#isGone) {
      const name = `reaper-${++this.#reapers}`
      const engine = this.#process(name).engine()
      this.#simulation.spawn(name, async () => {
        const { errors } = await reapRuns(engine, await engine.store.runs.due(engine.clock.now()), { giveUpAfterMs: 300_000 })
        for (const error of errors) this.#simulation.note(`${name}: ${error.message}`)
        await sweepOrphans(engine, await engine.connect(this.#simulation.ref))
        await redeliverNotifications(engine, (line) => this.#simulation.note(`${name}: ${line}`))
      })
      await clock.sleep(reaperEveryMs)
    }
  }

  #after(ms: number, act: () => unknown): void {
    void this.#simulation.clock.sleep(ms).then(act)
  }

  #abandon(): void {
    this.#simulation.note('all that is ours outside of the cluster is gone for good')
    this.#isGone = true
    for (const process of this.#processes) process.kill()
  }

  #trouble(): void {
    const { random, sandbox, clock, store } = this.#simulation
    const driver = this.#drivers.findLast(({ isDead }) => !isDead)
    const pods = sandbox.objects().filter((o) => o.kind === 'Pod' && o.metadata.namespace === namespace)
    const pod = pods[Math.floor(random() * pods.length)]
    const troubles: readonly (readonly [string, () => unknown])[] = [
      ['the driver dies', () => driver?.kill()],
      ['the driver stands still', () => driver?.standStill(random() * 100_000)],
      ['the driver stands still', () => driver?.standStill(random() * 20_000)],
      [
        'a person halts all runs',
        async () => {
          await store.controls.set({ kind: 'halt' }, 'ann', 'enough', clock.now())
          this.#simulation.stoppedAt ??= clock.now()
        },
      ],
      ['a person aborts the run', () => this.#abort()],
      ['a person deletes all Jobs of ours', () => this.#deleteJobs(() => true)],
      ['a person deletes a fuse', () => this.#deleteJobs((role) => role === 'fuse')],
      ['a person deletes the beacon', () => this.#deleteJobs((role) => role === 'beacon')],
      ['a person deletes an injector', () => this.#deleteJobs((role) => role === 'injector')],
      ['a pod is deleted', () => pod && sandbox.delete('pods', { name: pod.metadata.name, namespace })],
      [
        'the workload is scaled',
        () => sandbox.patch('deployments', { name: 'jadevectordb', namespace }, { spec: { replicas: 2 + Math.floor(random() * 5) } }),
      ],
      ['a person cordons a node for a while', () => this.#cordonByHand()],
      [
        'a reaper comes early',
        () =>
          this.#simulation.spawn('reaper-early', async () => {
            const engine = this.#process('reaper-early').engine()
            return reapRuns(engine, await engine.store.runs.list(), { giveUpAfterMs: 300_000 })
          }),
      ],
    ]
    const [what, act] = troubles[Math.floor(random() * troubles.length)] ?? ['nothing', () => undefined]
    this.#simulation.note(what)
    act()
  }

  #abort(): void {
    const person = this.#process('person')
    if (this.#runId === '') return
    this.#simulation.spawn('person', async () => {
      const { driven } = await abortRun(person.engine(), this.#runId, { who: 'ann', why: 'enough' }, { giveUpAfterMs: 300_000 })
      return driven
    })
  }

  #cordonByHand(): void {
    const { sandbox, random, clock } = this.#simulation
    const nodes = sandbox.objects().filter(({ kind }) => kind === 'Node')
    const name = nodes[Math.floor(random() * nodes.length)]?.metadata.name ?? ''
    const cordon = (unschedulable: boolean | null) => {
      if (sandbox.get('nodes', name) !== undefined) sandbox.patch('nodes', { name }, { spec: { unschedulable } })
    }
    cordon(true)
    void clock.sleep(random() * 60_000).then(() => cordon(null))
  }

  #deleteJobs(isMeant: (role: string) => boolean): void {
    const { sandbox } = this.#simulation
    this.#simulation.isHaltedByHand = true
    const jobs = sandbox.objects().filter(({ kind, metadata: { labels } }) => kind === 'Job' && labels?.[managedByLabel] === managedBy)
    for (const {
      metadata: { name, namespace: where = '', labels },
    } of jobs)
      if (isMeant(labels?.[roleLabel] ?? '')) sandbox.delete('jobs', { name, namespace: where }, { propagationPolicy: 'Background' })
  }
}
