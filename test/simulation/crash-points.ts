import { defaultConfig } from '../../lib/config.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { FaultSpec, Step } from '../../lib/domain/suite.ts'
import { drive } from '../../lib/engine/drive.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns, sweepOrphans } from '../../lib/engine/reap.ts'
import { start } from '../../lib/engine/start.ts'
import { footprintOf } from '../support/footprint.ts'
import { storedRuns } from '../support/stored-runs.ts'
import { stepOf, suiteOf } from '../support/suites.ts'
import { checkWorld } from './invariants.ts'
import { drawPlan, type WorldPlan } from './plan.ts'
import { SimulatedProcess } from './process.ts'
import { Simulation } from './simulation.ts'
import { calmWeather } from './weather.ts'

/**
 * Where a process dies: at its n-th write, before it is sent or right after it was carried out; or stands still before it is sent, and
 * sends it when a reaper has ended its run.
 */
export interface Death {
  readonly nth: number
  readonly when: 'before' | 'after' | 'asleep before'
}

/** How many, and which of them while another was not answered yet. */
export type Writes = Pick<SimulatedProcess, 'writes' | 'sentBeside'>

export interface CrashOutcome {
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** What each of the two (of the reapers the first) sent. */
  readonly writes: { readonly driver: Writes; readonly reaper: Writes }
}

/** A lease that ended, seen by a clock that may differ. */
const leaseOverMs = defaultConfig.leaseMs + defaultConfig.skewMs + 1_000
/** A round of the reaper with the pauses of an undo that needs several tries. */
const roundMs = 60_000
/** Into the second round of the reaper. */
const asleepMs = 200_000

/** One step of one fault. */
export function alone(fault: FaultSpec): readonly Step[] {
  return [stepOf(fault, { durationMs: 4_000 })]
}

/** Two steps of which the second begins while the first holds, and ends before it. */
export function overlapping(first: FaultSpec, second: FaultSpec): readonly Step[] {
  const group = (delayMs: number) => ({ together: { group: 'both', delayMs, after: [] } })
  return [
    stepOf(first, { name: 'first', durationMs: 8_000, intervalMs: 0, ...group(0) }),
    stepOf(second, { name: 'second', durationMs: 3_000, ...group(2_000) }),
  ]
}

/** Every death of the driver in turn; what was violated, by the death. */
export async function crashEverywhere(steps: readonly Step[]): Promise<readonly string[]> {
  const { writes } = await crash(steps, {})
  return everyDeath(writes.driver, (driver) => crash(steps, { driver }))
}

/** The driver dies in the middle of its hold, and the reaper that comes then at each of its writes in turn. */
export async function crashReaperEverywhere(steps: readonly Step[]): Promise<readonly string[]> {
  const whole = await crash(steps, {})
  const driver: Death = { nth: Math.round(whole.writes.driver.writes / 2), when: 'after' }
  const { writes } = await crash(steps, { driver })
  return everyDeath(writes.reaper, (reaper) => crash(steps, { driver, reaper }))
}

/** After each write; and before each that was sent beside another, for before any other is the same as after the one before it. */
async function everyDeath({ writes, sentBeside }: Writes, die: (death: Death) => Promise<CrashOutcome>): Promise<readonly string[]> {
  const deaths = Array.from({ length: writes }, (_, index): readonly Death[] => [
    ...(index === 0 || sentBeside.has(index + 1) ? [{ nth: index + 1, when: 'before' as const }] : []),
    { nth: index + 1, when: 'after' },
    { nth: index + 1, when: 'asleep before' },
  ])
  const violations: string[] = []
  for (const death of deaths.flat())
    for (const violation of (await die(death)).violations)
      violations.push(
        `${death.when === 'asleep before' ? 'asleep before' : `dead ${death.when}`} write ${death.nth} of ${writes}: ${violation}`,
      )
  if (writes < fewestWrites) violations.push(`no more than ${writes} writes: this proves little`)
  return violations
}

/** A run, and the undo of one, write more often than this. */
const fewestWrites = 20

/** One suite, a driver and a reaper, and nothing that goes wrong but that they die where they are told to. */
async function crash(steps: readonly Step[], deaths: { readonly driver?: Death; readonly reaper?: Death }): Promise<CrashOutcome> {
  const simulation = await Simulation.open(quietPlan(steps))
  try {
    const before = footprintOf(simulation.sandbox)
    const driver = new SimulatedProcess(simulation, 'driver')
    befall(driver, deaths.driver)
    const engine = driver.engine()
    simulation.spawn('driver', async () => drive(engine, (await start(engine, requestIn(simulation))).run.id))
    await simulation.until(simulation.clock.now() + roundMs, () => driver.isDead)
    let first: SimulatedProcess | undefined
    for (let round = 1; round <= 6 && !(round > 1 && (await isSettled(simulation)) && !driver.isAsleep); round++) {
      await simulation.until(simulation.clock.now() + leaseOverMs)
      const reaper = new SimulatedProcess(simulation, `reaper-${round}`)
      if (round === 1) befall(reaper, deaths.reaper)
      first ??= reaper
      reap(simulation, reaper)
      await simulation.until(simulation.clock.now() + roundMs)
    }
    await checkWorld(simulation)
    const after = footprintOf(simulation.sandbox)
    for (const what of after.filter((one) => !before.includes(one))) simulation.violated(`left or changed: ${what}`)
    for (const what of before.filter((one) => !after.includes(one))) simulation.violated(`taken away: ${what}`)
    const { violations, trace } = simulation
    return { violations, trace, writes: { driver, reaper: first ?? { writes: 0, sentBeside: new Set() } } }
  } finally {
    await simulation.close()
  }
}

function befall(process: SimulatedProcess, death: Death | undefined): void {
  if (death?.when === 'asleep before') process.stallAtWrite(death.nth, asleepMs)
  else if (death !== undefined) process.dieAtWrite(death.nth, death.when)
}

function reap(simulation: Simulation, reaper: SimulatedProcess): void {
  const engine = reaper.engine()
  simulation.spawn(reaper.name, async () => {
    await reapRuns(engine, await engine.store.runs.due(engine.clock.now()))
    await sweepOrphans(engine, await engine.connect(simulation.ref))
    await redeliverNotifications(engine, (line) => simulation.note(line))
  })
}

/** Also what a reaper has to tell of a run that is over is told. */
async function isSettled({ store, clock }: Simulation): Promise<boolean> {
  const runs = await storedRuns(store)
  return runs.every((run) => isEnded(run) && run.events.length === 0 && run.endedAt < clock.now() - roundMs)
}

function quietPlan(steps: readonly Step[]): WorldPlan {
  const suite = suiteOf(steps)
  const plan = drawPlan(1)
  const nothing = { tableAway: null, clusterAway: null, troubles: [], goneAfterMs: null, mayDie: true, mayBeSkewed: false }
  return {
    ...plan,
    ...nothing,
    isUndisturbed: false,
    replicas: 4,
    enforceNetworkPolicies: true,
    weather: calmWeather,
    starts: [{ afterMs: 0, suite, isTwice: false, driverMs: null }],
  }
}

function requestIn({ plan, ref, clock }: Simulation): Parameters<typeof start>[1] {
  const [planned] = plan.starts
  if (planned === undefined) throw new Error('the plan starts nothing')
  const trigger = { kind: 'manual', key: 'key', by: 'ann' } as const
  return { suite: planned.suite, cluster: ref, seed: 7, nonce: 'abcde', trigger, scheduledAt: clock.now() }
}
