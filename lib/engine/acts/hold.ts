import { FaultlineError } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import type { RecheckedOutcome } from '../../domain/run-facts.ts'
import type { Fault } from '../../faults/fault.ts'
import { faults } from '../../faults/registry.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import type { Driver } from '../lease/driver.ts'
import { wasHalted } from '../lease/watchdog.ts'
import { rechecked } from './inject.ts'

/** Holds the faults of a step until `until`, looking at those that others may end; what ended before, null when nothing did or the run was halted. */
export async function holdUntil(driver: Driver, until: number): Promise<readonly RecheckedOutcome[] | null> {
  const { clock, config } = driver.engine
  const watched = driver.stepInjections.filter((injection) => faultOf(injection).endedEarly !== undefined)
  if (watched.length === 0) {
    await driver.sleepUntil(until)
    return null
  }
  while (clock.now() < until && driver.stop === null) {
    await driver.sleepUntil(Math.min(until, clock.now() + config.sampleMs))
    driver.throwIfLost()
    if (driver.stop !== null || clock.now() >= until) return null
    const looks = Promise.all(watched.map((injection) => look(driver, injection)))
    const ended = await withDeadline(clock, until - clock.now(), looks, driver.interrupted)
    if (ended === late) return null
    const outcomes = ended.filter((outcome) => outcome !== null)
    if (outcomes.length > 0) return (await wasHalted(driver)) ? null : outcomes
  }
  return null
}

/** A look that fails says nothing: the fault is taken to hold. */
async function look(driver: Driver, injection: Injection): Promise<RecheckedOutcome | null> {
  try {
    const evidence = (await faultOf(injection).endedEarly?.(driver.context(), injection)) ?? null
    return evidence === null ? null : await rechecked(driver, injection, evidence)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return null
  }
}

function faultOf(injection: Injection): Fault {
  return faults[injection.fault]
}
