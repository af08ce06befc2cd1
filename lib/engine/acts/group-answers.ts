import { stepOf } from '../../domain/run.ts'
import type { Answers, RunEvent } from '../../domain/run-event.ts'
import { membersOf } from '../../domain/together.ts'
import type { Driver } from '../lease/driver.ts'

/** The step that the run is at, or all of its group. */
export function blockAt({ run }: Pick<Driver, 'run'>): readonly number[] {
  return membersOf(run.suite.steps, stepOf(run) ?? 0)
}

/** What the probes answered while that step's fault was at work, or without any how few pods were Ready. */
function answersOf({ probing }: Pick<Driver, 'probing'>, step: number): Omit<Answers, 'others'> {
  const readiness = probing.readiness(step)
  return { probes: probing.summaries(step), ...(readiness === null ? {} : { readiness }) }
}

/** The same of the other steps of the group, where all of them are undone at once; a step that ends by itself tells its own. */
export function answersOfOthers(driver: Driver): Pick<Answers, 'others'> {
  if (driver !== driver.whole) return {}
  const others = blockAt(driver).filter((step) => step !== stepOf(driver.run))
  return others.length === 0 ? {} : { others: others.map((step) => ({ step, ...answersOf(driver, step) })) }
}

/** Before a step is judged: what the driver before answered after we had looked. Its fault is proven undone by now. */
export async function recounted(driver: Driver, event: RunEvent | null): Promise<RunEvent | null> {
  if (event !== null) for (const step of blockAt(driver)) await driver.probing.recount(step)
  return event
}

/** What the probes answered so far, or without any how few pods were Ready, goes with the event that ends a part of the step, or of its group. */
export function withAnswers(driver: Driver, event: RunEvent | null): RunEvent | null {
  if (event?.type !== 'reverted' && event?.type !== 'recovered' && event?.type !== 'not_recovered') return event
  return { ...event, ...answersOf(driver, stepOf(driver.run) ?? 0), ...answersOfOthers(driver) }
}
