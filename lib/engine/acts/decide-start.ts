import { judgeLateness, judgeSchedule } from '../../domain/guard-times.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { auditSwitches } from '../audit.ts'
import type { Driver } from '../lease/driver.ts'
import { unlessFaultline } from '../on-record.ts'
import { acquireLock, examine, forbiddenBySwitch } from './admit.ts'
import { approvalToBegin, giveBackLock } from './approval.ts'
import { standingIn } from './others.ts'
import { rulesOf } from './plan.ts'
import { askerFor, checkGates, checkSteadyBefore } from './steady.ts'

/** Whether the run may begin, with every reason against it, or waits for an approval; null when it was stopped meanwhile. */
export async function decideStart(driver: Driver): Promise<RunEvent | null> {
  const { run, engine } = driver
  if (run.status !== 'requested') throw new TypeError(`cannot admit a run that is ${run.status}`)
  const switches = await forbiddenBySwitch(engine, run)
  const lock = await acquireLock(engine, run)
  const { suite, trigger, namespace } = run
  const rules = rulesOf(driver.context(), suite)
  const gates = rules.flatMap((rule) => rule.gates ?? [])
  const [admission, steady, closed] = await Promise.all([
    examine(driver.context(), suite, run.seed, standingIn(engine)),
    checkSteadyBefore(driver.probing, suite.probes, driver.interrupted),
    checkGates(askerFor(engine, { cluster: driver.cluster, namespace }), gates, driver.interrupted),
  ])
  if (driver.stop !== null) return null
  for (const warning of admission.warnings) driver.note(warning)
  if (switches.length > 0)
    await auditSwitches(engine, await engine.store.controls.read({ id: run.id, suite: suite.name }), suite.name).catch(unlessFaultline)
  const now = engine.clock.now()
  const refusals: readonly Refusal[] = [
    ...switches,
    ...judgeSchedule(suite.schedule, trigger, now),
    // It asked in time, and a person said when it begins.
    ...(run.approvals === undefined ? judgeLateness(rules, trigger, now) : []),
    ...(lock === null ? [] : [lock]),
    ...admission.refusals,
    ...steady.refusals,
    ...closed,
  ]
  if (refusals.length > 0) return { type: 'refused', refusals }
  const asked = approvalToBegin(driver, run, admission.steps)
  if (asked === null) return { type: 'admitted', baseline: admission.baseline }
  await giveBackLock(driver)
  return asked
}
