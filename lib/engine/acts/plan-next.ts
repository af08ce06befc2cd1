import { stepOf } from '../../domain/run.ts'
import type { Driver } from '../lease/driver.ts'
import { wasHalted } from '../lease/watchdog.ts'
import { fixStep, orStepRefused } from './fix-step.ts'

/** No driver looked at the beacon while a person was asked: a halt by hand may have taken it. */
async function mayPlan(driver: Driver): Promise<boolean> {
  const step = stepOf(driver.run)
  const wasAsked = driver.run.approvals?.some(({ before }) => before === step) === true
  if (wasAsked && (await wasHalted(driver))) return false
  return driver.mayGoOn()
}

/** Recorded before another step of its group is planned, which takes account of it. */
export async function planNext(driver: Driver): Promise<null> {
  if (!(await mayPlan(driver))) return null
  const event = await orStepRefused(() => fixStep(driver))
  driver.throwIfLost()
  await driver.record(event)
  return null
}
