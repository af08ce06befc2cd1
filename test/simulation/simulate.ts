import { isEnded } from '../../lib/domain/run.ts'
import { storedRuns } from '../support/stored-runs.ts'
import { checkWorld, nothingBites } from './invariants.ts'
import { drawPlan, partsOf } from './plan.ts'
import { Scenario } from './scenario.ts'
import { Simulation } from './simulation.ts'

/** The trouble lasts this long. */
const stormMs = 240_000
/** After it: leases that end (30 s and 30 s of skew), rounds of the reaper, the longest grace and fuse, retries of an undo. */
const calmMs = 900_000
/** A run that is over is settled by the second round of the reaper at the latest, and swept. */
const afterwardsMs = 200_000

export interface Outcome {
  readonly seed: number
  readonly violations: readonly string[]
  readonly trace: readonly string[]
  /** How each run ended. */
  readonly runs: readonly string[]
  /** What can be left out of this world. */
  readonly parts: readonly string[]
}

/** One world from its seed to its end, without some of what may befall it. The same seed is the same world. */
export async function simulate(seed: number, without: ReadonlySet<string> = new Set()): Promise<Outcome> {
  const plan = drawPlan(seed, without)
  const simulation = await Simulation.open(plan)
  try {
    const scenario = new Scenario(simulation)
    scenario.begin()
    await simulation.until(simulation.began + stormMs)
    scenario.calm()
    await simulation.until(simulation.began + stormMs + afterwardsMs)
    for (let end = simulation.clock.now(); end < simulation.began + stormMs + calmMs; end += 60_000) {
      const runs = await storedRuns(simulation.store)
      if (runs.every((run) => isEnded(run) && run.events.length === 0 && run.endedAt < simulation.clock.now() - afterwardsMs)) break
      await simulation.until(end + 60_000)
    }
    if (plan.goneAfterMs !== null) nothingBites(simulation)
    else await checkWorld(simulation)
    const runs = await storedRuns(simulation.store)
    for (const run of runs)
      for (const { step, n, plan: sealed, fault, status, evidence } of await simulation.store.ledger.list(run.id))
        simulation.note(
          `ledger: ${step}/${n} ${sealed} ${fault} ${status} ${evidence.map(({ phase, finding }) => `${phase} ${finding}`).join(', ')}`,
        )
    const { violations, trace } = simulation
    const ends = runs.map((run) => `${run.status} ${run.steps.map((step) => step.verdict).join(' ')}`)
    return { seed, violations, trace, runs: ends, parts: partsOf(plan) }
  } finally {
    await simulation.close()
  }
}

/** Leaves out of a failing world, part by part, all without which something is still violated. */
export async function shrink(seed: number): Promise<{ readonly without: ReadonlySet<string>; readonly outcome: Outcome }> {
  let without: ReadonlySet<string> = new Set()
  let outcome = await simulate(seed)
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const part of outcome.parts) {
      const fewer = new Set([...without, part])
      const next = await simulate(seed, fewer)
      if (next.violations.length === 0) continue
      ;[without, outcome, isSmaller] = [fewer, next, true]
      break
    }
  }
  return { without, outcome }
}
