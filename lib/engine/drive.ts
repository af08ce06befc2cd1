import { assertNever, FaultlineError, RunHeld, StoreUnavailable, VersionConflict } from '../domain/errors.ts'
import type { Injection } from '../domain/injection.ts'
import type { Action } from '../domain/next-action.ts'
import { nextAction } from '../domain/next-action.ts'
import type { Abort, Preparing, Refusal, Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { faultName } from '../domain/suite.ts'
import type { RunEvent } from '../domain/transition.ts'
import type { Cluster } from '../ports.ts'
import { examine, forbiddenBySwitch, isOverIn, namespaceLock, nodeLock, takeLock } from './admit.ts'
import { lightBeacon } from './beacon.ts'
import { Driver } from './driver.ts'
import type { Engine } from './engine.ts'
import { endWithoutCluster } from './gone.ts'
import { type Budget, inTime, watchBudget } from './hand-over.ts'
import { injectStep, recheckStep } from './inject.ts'
import { asRefusal, planStep } from './plan.ts'
import { checkRecovery } from './recover.ts'
import { revertAll, revertFromMemory } from './revert.ts'
import { seize } from './seize.ts'
import { watchOver } from './sentinel.ts'
import { verifyNothingLeft } from './verify.ts'
import { outsideWindow } from './window.ts'

export interface DriveOptions {
  /** Aborts the run when it fires (Ctrl-C); the reverting goes on. */
  readonly interrupt?: AbortSignal
  /** The driver leaves a run whose undo cannot be proven after this long; the reaper goes on. */
  readonly giveUpAfterMs?: number
  /** For a driver whose own time is limited; without one it stays to the end. */
  readonly budget?: Budget
}

/** How a driver may take a run: begin or go on, or only revert it; or not at all. */
type Claim = 'continue' | 'take_over' | 'held'

/**
 * Whether this engine may drive the run now. An expired lease is never continued: the run is reverted. A hand-over is an offer for as
 * long as the old driver's lease lasts (it renews it until it leaves); whoever comes later finds nobody who held the fault meanwhile.
 */
export function claimOn(run: Run, engine: Pick<Engine, 'owner' | 'clock' | 'config' | 'isDead'>): Claim {
  const { lease } = run
  if (lease === null) return 'take_over'
  const now = engine.clock.now()
  if (run.handover) return now <= lease.until + engine.config.skewMs ? 'continue' : 'take_over'
  if (lease.owner === engine.owner) return now <= lease.until ? 'continue' : 'take_over'
  const expired = now > lease.until + engine.config.skewMs || engine.isDead(lease.owner)
  return expired ? 'take_over' : 'held'
}

/**
 * Holds the run until it is over (or its undo cannot be proven for `giveUpAfterMs`, or the budget's time is up): load, lease, then
 * `nextAction`, perform it, `transition`, save, again. A run that was handed over comes back as it was last known here.
 * @throws RunHeld when another driver holds it, `lease_lost` when one took it, `unavailable` when the store was lost
 */
export async function drive(engine: Engine, runId: string, options: DriveOptions = {}): Promise<Run> {
  const { run, claim } = await claimed(engine, runId)
  if (claim === 'over') return run
  const cluster = await connectOrGone(engine, run)
  const state = await take(engine, runId)
  if (isEnded(state.run)) return state.run
  if (cluster instanceof FaultlineError) return endWithoutCluster(engine, state, cluster)
  return hold(new Driver(engine, cluster, state), options)
}

/** Whether a try to drive failed because somebody else has the run, or was quicker: no error of the run's. */
export function isTaken(error: unknown): boolean {
  return error instanceof VersionConflict || error instanceof RunHeld || (error instanceof FaultlineError && error.code === 'lease_lost')
}

async function claimed(engine: Engine, runId: string): Promise<{ readonly run: Run; readonly claim: Exclude<Claim, 'held'> | 'over' }> {
  const run = await engine.store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  if (isEnded(run)) return { run, claim: 'over' }
  const claim = claimOn(run, engine)
  if (claim === 'held') throw new RunHeld(runId, run.lease?.owner)
  return { run, claim }
}

/** Before the lease is taken: who cannot reach the cluster takes a run from nobody. */
async function connectOrGone(engine: Engine, run: Run): Promise<Cluster | FaultlineError> {
  try {
    return await engine.connect(run.cluster)
  } catch (error) {
    if (error instanceof FaultlineError && error.code === 'cluster_gone') return error
    throw error
  }
}

/** A driver that handed over goes on saving, so the first try may come between two of its saves. */
async function take(engine: Engine, runId: string): Promise<{ run: Run; injections: readonly Injection[] }> {
  for (;;) {
    const { run, claim } = await claimed(engine, runId)
    if (claim === 'over') return { run, injections: [] }
    const abort = claim === 'take_over' ? await whyTakenOver(engine, run) : null
    try {
      return await seize(engine, run, { continued: claim === 'continue' && run.handover, abort })
    } catch (error) {
      if (!(error instanceof VersionConflict) || !run.handover) throw error
    }
  }
}

/** A person who asked for the abort is named; else it is the driver's death that ends the run. */
async function whyTakenOver(engine: Engine, run: Run): Promise<Abort> {
  const at = engine.clock.now()
  const { abort } = await engine.store.controls.read({ id: run.id, suite: run.suite.name })
  if (abort !== null) return { reason: 'asked', at, by: abort.by, detail: abort.why }
  const detail = run.handover ? 'it was handed over, and nobody took it in time' : 'its driver died or lost its lease'
  return { reason: 'driver_lost', at, by: engine.owner, detail }
}

async function hold(driver: Driver, options: DriveOptions): Promise<Run> {
  const done = new AbortController()
  const onInterrupt = () => driver.requestStop('interrupted', 'user', 'interrupted from the keyboard')
  options.interrupt?.addEventListener('abort', onInterrupt)
  if (options.interrupt?.aborted) onInterrupt()
  const sentinel = watchOver(driver, done.signal).catch((error: unknown) => driver.note(`watching failed: ${String(error)}`))
  try {
    const driven = loop(driver, options)
    await (options.budget === undefined ? driven : Promise.race([driven, watchBudget(driver, options.budget, done.signal)]))
  } catch (error) {
    if (isHandedOver(driver, error)) return driver.run
    if (!(error instanceof FaultlineError && error.code === 'lease_lost')) await inTime(driver, options.budget, revertFromMemory(driver))
    throw error
  } finally {
    done.abort()
    options.interrupt?.removeEventListener('abort', onInterrupt)
    await inTime(driver, options.budget, sentinel)
  }
  await letGo(driver)
  return driver.run
}

/** Somebody else goes on, or may: nothing is reverted from memory. */
function isHandedOver({ run }: Driver, error: unknown): boolean {
  return error instanceof FaultlineError && run.handover && (error.code === 'lease_lost' || error.code === 'out_of_time')
}

async function loop(driver: Driver, options: DriveOptions): Promise<void> {
  const { clock } = driver.engine
  for (;;) {
    driver.throwIfLost()
    const { run } = driver
    if (isEnded(run)) return
    if (givesUp(run, clock.now(), options)) return
    if (driver.stop !== null) {
      await driver.record({ type: 'abort', abort: driver.stop })
      continue
    }
    const action = nextAction(run, clock.now())
    if (action.do === 'nothing') return
    const event = await perform(driver, action)
    driver.throwIfLost()
    if (event !== null) await driver.record(event)
  }
}

function givesUp(run: Run, now: number, { giveUpAfterMs }: DriveOptions): boolean {
  if (giveUpAfterMs === undefined || (run.status !== 'reverting' && run.status !== 'verifying')) return false
  return run.attempts > 0 && now - run.since > giveUpAfterMs
}

/** Locks are released only after the terminal state is stored: a crash in between leaves a lock that the next run may take over. */
async function letGo(driver: Driver): Promise<void> {
  const { run, engine } = driver
  if (isEnded(run)) {
    const nodes = driver.injections.flatMap((i) => i.targets.filter((t) => t.kind === 'Node').map((t) => t.name))
    for (const key of [namespaceLock(run), ...nodes.map((node) => nodeLock(run, node))]) await engine.store.locks.release(key, run.id)
  }
  await driver.record({ type: 'released' })
}

/** What an action turns into; null when nothing is to be recorded (time passed, or the run was interrupted). */
async function perform(driver: Driver, action: Exclude<Action, { do: 'nothing' }>): Promise<RunEvent | null> {
  const { run } = driver
  switch (action.do) {
    case 'wait':
      await driver.sleepUntil(action.until, { interruptible: action.watch })
      return null
    case 'abort':
      driver.requestStop(action.reason, driver.engine.owner, action.detail)
      return null
    case 'admit':
      return admit(driver)
    case 'light_beacon':
      return orStepRefused(() => lightBeacon(driver))
    case 'plan_step':
      return orStepRefused(() => fixStep(driver))
    case 'inject': {
      const outcomes = await injectStep(driver)
      return outcomes === null ? null : { type: 'injected', outcomes }
    }
    case 'recheck':
      return run.status === 'holding' ? { type: 'rechecked', outcomes: await recheckStep(driver, run.revertAt) } : null
    case 'end_hold':
      return { type: 'hold_over' }
    case 'revert':
      return revertAll(driver)
    case 'check_recovery':
      return run.status === 'recovering' ? checkRecovery(driver, run) : null
    case 'end_rest':
      return { type: 'rested' }
    case 'verify':
      return verifyNothingLeft(driver)
    default:
      return assertNever(action)
  }
}

async function admit(driver: Driver): Promise<RunEvent> {
  const { run, engine } = driver
  const switches = await forbiddenBySwitch(engine, run)
  const lock = await takeLock(engine, namespaceLock(run), run.id)
  const admission = await examine(driver.context(), run.suite, run.seed, isOverIn(engine))
  const window = outsideWindow(run, engine.clock.now())
  const refusals: readonly Refusal[] = [
    ...switches,
    ...(window === null ? [] : [window]),
    ...(lock === null ? [] : [lock]),
    ...admission.refusals,
  ]
  return refusals.length > 0 ? { type: 'refused', refusals } : { type: 'admitted', baseline: admission.baseline }
}

/** Fixes the step's targets and writes its ledger; entries from before a hand-over stay as they are, and nothing is planned anew. */
async function fixStep(driver: Driver): Promise<RunEvent> {
  const { run } = driver
  if (run.status !== 'preparing') throw new TypeError(`cannot plan a step while ${run.status}`)
  const written = driver.stepInjections.length > 0 ? { refusals: [], warnings: [] } : await writeStep(driver, run)
  if (written.refusals.length > 0) return { type: 'step_refused', refusals: written.refusals }
  return { type: 'step_planned', targets: driver.stepInjections.flatMap((i) => i.targets.map((t) => t.name)), warnings: written.warnings }
}

async function writeStep(
  driver: Driver,
  run: Preparing,
): Promise<{ readonly refusals: readonly Refusal[]; readonly warnings: readonly string[] }> {
  const { clock, config } = driver.engine
  const { step } = run
  const { injections, refusals: against, warnings } = await planStep(driver.context(), { suite: run.suite, index: step, seed: run.seed })
  const refusals: Refusal[] = against.map((refusal) => ({ ...refusal, step }))
  for (const node of injections.flatMap((i) => i.targets.filter((t) => t.kind === 'Node'))) {
    const busy = await takeLock(driver.engine, nodeLock(run, node.name), run.id)
    if (busy !== null) refusals.push({ ...busy, step })
  }
  const spec = run.suite.steps[step]
  if (spec === undefined) throw new TypeError(`the suite has no step ${step}`)
  if (refusals.length > 0) return { refusals, warnings }
  const expiresAt = clock.now() + config.prepareMs + spec.durationMs + config.fuse.marginMs
  const blank = {
    runId: run.id,
    step,
    version: 1,
    fault: faultName(spec.fault),
    armed: null,
    status: 'planned',
    reason: null,
    expiresAt,
  } as const
  await driver.addInjections(injections.map((planned, n): Injection => ({ ...planned, ...blank, n })))
  return { refusals, warnings }
}

/** What goes wrong while nothing is injected yet ends the step, not the engine. */
async function orStepRefused(act: () => Promise<RunEvent>): Promise<RunEvent> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'lease_lost' || error instanceof StoreUnavailable) throw error
    return { type: 'step_refused', refusals: [{ ...asRefusal(error), step: null }] }
  }
}
