import { assertNever, FaultlineError, StoreUnavailable } from '../domain/errors.ts'
import type { Action } from '../domain/next-action.ts'
import { nextAction } from '../domain/next-action.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import type { RunEvent } from '../domain/transition.ts'
import type { Cluster } from '../ports.ts'
import { late, withDeadline } from '../with-deadline.ts'
import { namespaceLock, nodeLock, workloadTargets } from './acts/admit.ts'
import { lapsed, notApproved } from './acts/approval.ts'
import { lightBeacon } from './acts/beacon.ts'
import { decideStart } from './acts/decide-start.ts'
import { revertAndLook } from './acts/end-look.ts'
import { lackingEntries, orStepRefused } from './acts/fix-step.ts'
import { recounted, withAnswers } from './acts/group-answers.ts'
import { holdUntil } from './acts/hold.ts'
import { injectStep, recheckStep } from './acts/inject.ts'
import { awaitLateCalls } from './acts/late-calls.ts'
import { startLoads } from './acts/load.ts'
import { overlap } from './acts/overlap.ts'
import { planNext } from './acts/plan-next.ts'
import { checkRecovery } from './acts/recover.ts'
import { revertFromMemory } from './acts/revert.ts'
import { checkSteadyAgain } from './acts/steady.ts'
import { verifyNothingLeft } from './acts/verify.ts'
import { copyEvents } from './audit.ts'
import { endUnderDriver, endWithoutCluster } from './end-without-cluster.ts'
import type { Engine, Progress } from './engine.ts'
import { isAwaiting, isWaitOver } from './lease/awaiting.ts'
import { acquireLease, loadClaim } from './lease/claim.ts'
import { whyGone } from './lease/cluster-gone.ts'
import { Driver } from './lease/driver.ts'
import { type Budget, closingReserveMs, inTime, watchBudget } from './lease/hand-over.ts'
import { watchRun } from './lease/watchdog.ts'
import { ClusterEvents } from './notifications/cluster-events.ts'
import { Notifications } from './notifications/notifications.ts'
import { settleInTime } from './settle.ts'

/** How long the end of a run waits for its history; what is not copied then stays in the run's outbox. */
const historyMs = 5_000

export interface DriveOptions {
  /** Aborts the run when it fires (Ctrl-C); the reverting goes on. */
  readonly interrupt?: AbortSignal
  /** The driver leaves a run whose undo cannot be proven after this long; the reaper goes on. */
  readonly giveUpAfterMs?: number
  /** Why a run that waits for an approval gets none: it ends. */
  readonly decline?: string
  /** For a driver whose own time is limited; without one it stays to the end. */
  readonly budget?: Budget
}

/**
 * Holds the run until it is over (or its undo cannot be proven for `giveUpAfterMs`, or the budget's time is up): load, lease, then
 * `nextAction`, perform it, `transition`, save, again. A run that was handed over comes back as it was last known here.
 * @throws RunHeld when another driver holds it, `lease_lost` when one took it, `unavailable` when the store was lost
 */
export async function drive(engine: Engine, runId: string, options: DriveOptions = {}): Promise<Run> {
  const notifications = new Notifications(engine, runId)
  const leftMs = () => (options.budget === undefined ? undefined : options.budget.remainingMs() - closingReserveMs)
  const end = () => notifications.end(leftMs())
  try {
    const { run, wasOver } = await driveOn(notifications.watchedEngine(), runId, options)
    const isAllTold = await end()
    return isEnded(run) && !wasOver ? await settleInTime(engine, run, { isAllTold, mostMs: leftMs() }) : run
  } catch (error) {
    notifications.failed(error)
    await end()
    throw error
  }
}

/** `wasOver`: another driver ended it, and tells of it, or a reaper does. */
async function driveOn(engine: Engine, runId: string, options: DriveOptions): Promise<{ readonly run: Run; readonly wasOver: boolean }> {
  const { run, claim } = await loadClaim(engine, runId)
  if (claim === 'over') return { run, wasOver: true }
  if (isAwaiting(run) && options.decline === undefined && !(await isWaitOver(engine, run))) return { run, wasOver: true }
  const cluster = await connectOrGone(engine, run)
  const state = await acquireLease(engine, runId)
  if (isEnded(state.run)) return { run: state.run, wasOver: true }
  if (cluster instanceof FaultlineError) {
    await copyEvents(engine, state.run, state.run.events)
    return { run: await endWithoutCluster(engine, state, cluster), wasOver: false }
  }
  const events = new ClusterEvents({
    cluster,
    clock: engine.clock,
    workload: (run) => workloadTargets(cluster, run),
    note: (message) => driver.note(message),
  })
  const observe = (progress: Progress) => {
    engine.observe(progress)
    events.observe(progress)
  }
  const driver: Driver = new Driver({ ...engine, observe }, cluster, state)
  try {
    return { run: await hold(driver, options), wasOver: false }
  } finally {
    await inTime(driver, options.budget, events.end())
  }
}

/** Before the lease is taken: a process that cannot reach the cluster must not take the run from one that can. */
async function connectOrGone(engine: Engine, run: Run): Promise<Cluster | FaultlineError> {
  try {
    return await engine.connect(run.cluster)
  } catch (error) {
    if (error instanceof FaultlineError && error.code === 'cluster_gone') return error
    throw error
  }
}

/**
 * From the lease to the end of the run, or of this driver.
 * 1. An interrupt is a stop like any other. 2. Watchdog and probes go on beside the loop until it is over. 3. The loop; a limited driver's
 * budget may end it first. 4. On an error: a run that was offered is let be; one that another driver has is let go; without the store
 * everything is undone from memory. 5. What goes on beside it ends in any case, in the time there is. 6. Locks are given back, answers and
 * history stored.
 */
async function hold(driver: Driver, options: DriveOptions): Promise<Run> {
  const { done } = driver
  const onInterrupt = () => driver.requestStop({ reason: 'interrupted', by: 'user', detail: interruptedBy(options.interrupt?.reason) })
  options.interrupt?.addEventListener('abort', onInterrupt)
  if (options.interrupt?.aborted) onInterrupt()
  const told = (error: unknown) => driver.note(`watching failed: ${String(error)}`)
  const beside = [watchRun(driver, done.signal).catch(told), driver.probing.watch(done.signal).catch(told)]
  try {
    const driven = loop(driver, options)
    await (options.budget === undefined ? driven : Promise.race([driven, watchBudget(driver, options.budget, done.signal)]))
  } catch (error) {
    if (isHandedOver(driver, error)) {
      await inTime(driver, options.budget, driver.probing.flush())
      if (error instanceof FaultlineError && error.code !== 'lease_lost' && error.code !== 'out_of_time') throw error
      return driver.run
    }
    const isLost = error instanceof FaultlineError && error.code === 'lease_lost'
    await inTime(driver, options.budget, isLost ? driver.probing.flush() : revertFromMemory(driver))
    throw error
  } finally {
    done.abort()
    options.interrupt?.removeEventListener('abort', onInterrupt)
    await inTime(driver, options.budget, Promise.all(beside))
  }
  await Promise.all([letGo(driver), driver.probing.flush()])
  await withDeadline(driver.engine.clock, historyMs, driver.historyCopied())
  return driver.run
}

/** The run was offered, so another driver goes on with it, or may: nothing is reverted from memory, whatever this one lost. */
function isHandedOver({ run }: Driver, error: unknown): boolean {
  return run.handover && error instanceof FaultlineError
}

async function loop(driver: Driver, options: DriveOptions): Promise<void> {
  const { clock } = driver.engine
  const began = clock.now()
  for (;;) {
    driver.throwIfLost()
    const { run } = driver
    if (isEnded(run) || isAwaiting(run)) return
    if (givesUp(run, { began, now: clock.now() }, options)) return
    if (driver.stop !== null) {
      await driver.record({ type: 'abort', abort: driver.stop })
      continue
    }
    const action = nextAction(run, clock.now())
    if (action.do === 'nothing') {
      if (run.status !== 'awaiting_approval' || options.decline === undefined) return
      await driver.record(notApproved(run, options.decline))
      continue
    }
    if (action.do === 'overlap') {
      if (await overlap(driver, { giveUpAfterMs: options.giveUpAfterMs, perform })) continue
      return
    }
    const event = await perform(driver, action)
    driver.throwIfLost()
    const gone = event?.type === 'undo_unproven' || event?.type === 'verify_failed' ? await whyGone(driver) : null
    if (gone !== null) {
      await endUnderDriver(driver, gone)
      continue
    }
    if (event !== null) await driver.record(event)
  }
}

function givesUp(run: Run, { began, now }: { readonly began: number; readonly now: number }, { giveUpAfterMs }: DriveOptions): boolean {
  if (giveUpAfterMs === undefined || (run.status !== 'reverting' && run.status !== 'verifying')) return false
  return run.attempts > 0 && now - Math.max(began, run.since) > giveUpAfterMs
}

/** How long a run that is over may be held up by a store that went away meanwhile; its end is stored by then. */
const letGoMs = 5_000

/**
 * Locks are released only after the terminal state is stored: a crash in between leaves a lock that the next run may take over. So does
 * a store that is away now, which makes a run that ended no less ended.
 */
async function letGo(driver: Driver): Promise<void> {
  const { run, engine } = driver
  if (isAwaiting(run)) return
  if (!isEnded(run)) return driver.record({ type: 'released' })
  const released = releaseLocks(driver).then(() => driver.record({ type: 'released' }))
  const outcome = await withDeadline(
    engine.clock,
    letGoMs,
    released.catch((error: unknown) => String(error)),
  )
  if (outcome === undefined) return
  driver.lose(new StoreUnavailable('the store went away after the end of the run'))
  driver.note(`its locks could not be given back (the next run may take them over): ${outcome === late ? 'no answer' : outcome}`)
}

async function releaseLocks({ run, engine, injections }: Driver): Promise<void> {
  const nodes = injections.flatMap((i) => i.targets.filter((t) => t.kind === 'Node').map((t) => t.name))
  for (const key of [namespaceLock(run), ...nodes.map((node) => nodeLock(run, node))]) await engine.store.locks.release(key, run.id)
}

/** SIGINT comes from a keyboard; SIGTERM from a CI system or a kubelet that ends the process; SIGHUP when its terminal is closed. */
function interruptedBy(signal: unknown): string {
  switch (signal) {
    case 'SIGTERM':
      return 'interrupted by SIGTERM: the process was asked to end'
    case 'SIGHUP':
      return 'interrupted by SIGHUP: its terminal was closed'
    default:
      return 'interrupted from the keyboard'
  }
}

/** What an action turns into; null when nothing is to be recorded (time passed, or the run was interrupted). */
async function perform(driver: Driver, action: Exclude<Action, { do: 'nothing' }>): Promise<RunEvent | null> {
  const { run } = driver
  switch (action.do) {
    case 'wait': {
      const ended = run.status === 'holding' && !run.rechecked ? await holdUntil(driver, action.until) : null
      if (ended !== null) {
        await driver.record({ type: 'rechecked', outcomes: ended })
        return { type: 'hold_over' }
      }
      await driver.sleepUntil(action.until, { interruptible: action.watch })
      return null
    }
    case 'abort':
      driver.requestStop({ reason: action.reason, by: driver.engine.owner, detail: action.detail })
      return null
    case 'lapse':
      return run.status === 'awaiting_approval' ? lapsed(run) : null
    case 'admit':
      return decideStart(driver)
    case 'light_beacon':
      return orStepRefused(() => lightBeacon(driver))
    case 'start_load':
      return orStepRefused(() => startLoads(driver))
    case 'plan_step':
      return driver.oneAtATime(() => planNext(driver))
    case 'begin_group':
      return (await driver.mayGoOn()) ? { type: 'group_begun' } : null
    case 'overlap':
      throw new TypeError('the steps of a group have actions of their own')
    case 'inject': {
      await awaitLateCalls(driver)
      const lacking = lackingEntries(driver)
      if (lacking !== null) return { type: 'step_refused', refusals: [lacking] }
      const outcomes = await injectStep(driver)
      return outcomes === null ? null : { type: 'injected', outcomes }
    }
    case 'recheck':
      return run.status === 'holding' ? { type: 'rechecked', outcomes: await recheckStep(driver, run) } : null
    case 'end_hold':
      return { type: 'hold_over' }
    case 'revert':
      return withAnswers(driver, await revertAndLook(driver))
    case 'check_recovery':
      await awaitLateCalls(driver)
      return run.status === 'recovering' ? withAnswers(driver, await recounted(driver, await checkRecovery(driver, run))) : null
    case 'check_steady':
      return checkSteadyAgain(driver)
    case 'end_rest':
      return { type: 'rested' }
    case 'verify':
      await awaitLateCalls(driver)
      return verifyNothingLeft(driver)
    default:
      return assertNever(action)
  }
}
