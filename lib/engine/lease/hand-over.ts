import { FaultlineError } from '../../domain/errors.ts'
import type { Run } from '../../domain/run.ts'
import { transition } from '../../domain/transition.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import { copyEvents } from '../audit.ts'
import type { Engine } from '../engine.ts'
import type { Driver } from './driver.ts'

/** The time that a driver has for itself, and how it calls for the next one. */
export interface Budget {
  /** Until this process is ended from outside. */
  remainingMs(): number
  /** Publishes that the run wants another driver; delivered at least once, or not at all. */
  handOver(runId: string): Promise<void>
}

/** How long before the next call a failed one is repeated. */
const callAgainMs = 1_000

/**
 * Looks at the budget until `done`: asks for a successor in time, then once more, and gives the run up before its own end. The driver
 * drives on all the while; as soon as a successor has the lease, its next save tells it so. Never resolves: it rejects with
 * `out_of_time`, or with why the run could not be given away.
 */
export async function watchBudget(driver: Driver, budget: Budget, done: AbortSignal): Promise<never> {
  const { firstMs, againMs, leaveMs } = driver.engine.config.handOver
  await untilLeft(driver, { budget, ms: firstMs, done })
  if (!done.aborted) await driver.offer()
  await call(driver, { budget, untilMs: againMs, done })
  await untilLeft(driver, { budget, ms: againMs, done })
  await call(driver, { budget, untilMs: leaveMs, done })
  await untilLeft(driver, { budget, ms: leaveMs, done })
  if (done.aborted) return new Promise(() => undefined)
  const error = new FaultlineError(
    'out_of_time',
    `the time of ${driver.engine.owner} is up and no successor took run ${driver.run.id} over yet`,
  )
  driver.lose(error)
  throw error
}

interface Wait {
  readonly budget: Budget
  readonly done: AbortSignal
}

/** What a limited driver keeps of its time for its caller's answer. */
export const closingReserveMs = 500

/** Waits for the work, but no longer than the budget lasts. */
export async function inTime(driver: Driver, budget: Budget | undefined, work: Promise<unknown>): Promise<void> {
  if (budget === undefined) await work
  else await withDeadline(driver.engine.clock, budget.remainingMs() - closingReserveMs, work)
}

/** Resolves when no more than `ms` of the budget are left, or with `done`. */
async function untilLeft(driver: Driver, { budget, ms, done }: Wait & { readonly ms: number }): Promise<void> {
  while (!done.aborted && budget.remainingMs() > ms) await driver.engine.clock.sleep(budget.remainingMs() - ms, done)
}

/** A call that fails is tried again until the next one is due. */
async function call(driver: Driver, { budget, untilMs, done }: Wait & { readonly untilMs: number }): Promise<void> {
  while (!done.aborted) {
    try {
      const called = budget.handOver(driver.run.id)
      if ((await withDeadline(driver.engine.clock, budget.remainingMs() - untilMs, called)) !== late) return
      driver.note('the call for another driver got no answer in time')
      return
    } catch (error) {
      driver.note(`no successor could be asked to go on: ${String(error)}`)
      if (budget.remainingMs() <= untilMs) return
      await driver.engine.clock.sleep(callAgainMs, done)
    }
  }
}

/** Hands a run that was just recorded to another driver, for a caller who wants his answer at once. */
export async function handOverAtOnce(engine: Engine, run: Run, budget: Pick<Budget, 'handOver'>): Promise<Run> {
  const { store, clock } = engine
  const handed = transition(run, { type: 'handed_over' }, clock.now())
  await copyEvents(engine, run, run.events)
  await store.runs.save(handed)
  await budget.handOver(run.id)
  return handed
}
