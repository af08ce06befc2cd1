import type { TargetEvent } from '../../domain/injection.ts'
import type { Run } from '../../domain/run.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { Fault } from '../../faults/fault.ts'
import { faults } from '../../faults/registry.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import type { Driver } from '../lease/driver.ts'
import { revertAll, settleMs } from './revert.ts'

/** A look that is sent later than this after the planned end says nothing of it. */
const endMs = 1_000

/**
 * Undoes everything that is open, and looks meanwhile at what became of the targets by the planned end: the last look at the fault itself
 * was seconds before. The undo comes first and waits for nothing; what the look saw is stored before the undo is.
 */
export async function revertAndLook(driver: Driver): Promise<RunEvent> {
  const { clock } = driver.engine
  const looking = lookAtEnd(driver, clock.now())
  const event = await revertAll(driver)
  const seen = await withDeadline(clock, settleMs, looking)
  if (seen !== late && seen !== null) await driver.record(seen)
  return event
}

async function lookAtEnd(driver: Driver, now: number): Promise<RunEvent | null> {
  const step = endedOnTime(driver.run, now)
  if (step === null) return null
  try {
    const saying = withDeadline(driver.engine.clock, settleMs, saidSince(driver))
    const [{ changes, ended }, answer] = await Promise.all([driver.targets.lookAtEnd(driver, step), saying])
    const said = answer === late ? [] : answer
    const all = [...changes, ...said]
    return all.length + ended.length === 0 ? null : { type: 'targets_changed', changes: all, ended: [...ended, ...said] }
  } catch (error) {
    driver.note(`what became of the targets at the planned end could not be seen: ${String(error)}`)
    return null
  }
}

/** The step of which the time is over just now and that nothing has spoilt; null otherwise. */
function endedOnTime(run: Run, now: number): number | null {
  if (run.status !== 'reverting' || run.abort !== null || run.attempts > 0) return null
  const { verdict, plannedEnd } = run.steps[run.step] ?? {}
  return verdict === 'running' && plannedEnd != null && now - plannedEnd < endMs ? run.step : null
}

/** What ended the effect on a target and was not told yet: a stressor that was killed for memory after the last look. */
async function saidSince(driver: Driver): Promise<readonly TargetEvent[]> {
  const said = await Promise.all(
    driver.stepInjections.map(async (injection) => {
      const fault: Fault = faults[injection.fault]
      const events = await fault.endSaid?.(driver.context(), injection).catch(() => [])
      const told = new Set(injection.evidence.flatMap(({ events: known = [] }) => known.map(({ target, code }) => `${code} ${target}`)))
      return (events ?? []).filter(({ target, code }) => !told.has(`${code} ${target}`))
    }),
  )
  return said.flat()
}
