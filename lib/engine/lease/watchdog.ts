import { StoreUnavailable } from '../../domain/errors.ts'
import type { FuseRef } from '../../domain/injection.ts'
import { haltCommand } from '../../domain/labels.ts'
import { openMembers } from '../../domain/overlapping.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded, stepOf } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import { type FuseState, fuseState, seenBurning } from '../../faults/fuse-state.ts'
import { isoSeconds } from '../../time.ts'
import { withDeadline } from '../../with-deadline.ts'
import { whyGone } from './cluster-gone.ts'
import type { Driver } from './driver.ts'

/** With less than this share of the lease left and no store to renew it in, the driver reverts from memory. */
export const emergencyShare = 0.5

/** A timer that fires this late was not merely behind: the process was stopped, or its machine slept. */
const stallMs = 5_000

/** After a stall a renewal has this long: two of the table client's tries. The store may be as healthy as ever. */
const afterStallMs = 5_000

/** How long after a failed renewal the next one is tried. */
const renewRetryMs = 1_000

/**
 * Looks on beside the main loop until `done`: renews the lease, obeys people's switches, and notices when the beacon or a fuse is
 * gone before its time. Five loops that never wait for each other, so that a cluster that hangs delays no person's switch. A cluster
 * or store that does not answer is no halt by itself.
 */
export async function watchRun(driver: Driver, done: AbortSignal): Promise<void> {
  await Promise.all([
    keepLease(driver, done),
    every(driver, done, { look: lookAtControls }),
    every(driver, done, { look: (one) => lookAtFuses(one).catch((error: unknown) => orGone(one, error)), dueAt: fusesDueAt }),
    every(driver, done, { look: lookAtTargets, dueAt: targetsDueAt }),
    keepLoads(driver, done),
  ])
}

async function keepLease(driver: Driver, done: AbortSignal): Promise<void> {
  const { clock, config } = driver.engine
  let pause = config.leaseMs / 6
  while (!done.aborted) {
    const due = clock.now() + pause
    await clock.sleep(pause, done)
    if (done.aborted || isEnded(driver.run)) return
    const stoodStillMs = clock.now() - due
    if (stoodStillMs > stallMs)
      driver.note(`this process stood still for ${Math.round(stoodStillMs / 1000)} s; the lease is tried once more`)
    const leaseEmergencyAt = (driver.run.lease?.until ?? 0) - config.leaseMs * emergencyShare
    const emergencyAt = stoodStillMs > stallMs ? Math.max(leaseEmergencyAt, clock.now() + afterStallMs) : leaseEmergencyAt
    const renewal = driver.renewLease().then(
      () => 'renewed' as const,
      (error: unknown) => {
        driver.note(`the lease could not be renewed: ${String(error)}`)
        return 'failed' as const
      },
    )
    const outcome = await withDeadline(clock, emergencyAt - clock.now(), renewal, done)
    pause = outcome === 'renewed' ? config.leaseMs / 6 : renewRetryMs
    if (outcome !== 'renewed' && clock.now() >= emergencyAt && !done.aborted) {
      driver.lose(new StoreUnavailable(`the lease of run ${driver.run.id} could not be renewed`))
      return
    }
  }
}

interface Look {
  look(driver: Driver): Promise<void>
  /** When there is something to look for again, ms since epoch, where it was seen otherwise since; after `sampleMs` when left out. */
  dueAt?(driver: Driver): number
}

/** Looks again and again; a look that fails is told and tried again, never the end of looking. */
async function every(driver: Driver, done: AbortSignal, { look, dueAt }: Look): Promise<void> {
  const { clock, config } = driver.engine
  let due = clock.now() + config.sampleMs
  while (!done.aborted) {
    await clock.sleep(due - clock.now(), done)
    if (done.aborted) return
    const isDue = isWatched(driver.run) && (dueAt?.(driver) ?? 0) <= clock.now()
    const looked = isDue && (await look(driver).then(() => true, failed(driver)))
    // Never later than this: what is due changes with what the run does meanwhile.
    const next = clock.now() + config.sampleMs
    due = isWatched(driver.run) && (looked || !isDue) ? Math.min(next, Math.max(dueAt?.(driver) ?? next, clock.now() + leastMs)) : next
  }
}

/** Between two looks there is at least this. */
const leastMs = 100

function failed(driver: Driver) {
  return (error: unknown) => {
    driver.note(`looking for halts failed: ${String(error)}`)
    return false
  }
}

/** Load goes on while a step is reverted, and through the quiet after the last one. */
async function keepLoads(driver: Driver, done: AbortSignal): Promise<void> {
  const { clock, config } = driver.engine
  if (driver.run.suite.load === undefined) return
  while (!done.aborted) {
    await clock.sleep(config.sampleMs, done)
    if (!done.aborted)
      await driver.loads.look(driver).catch((error: unknown) => driver.note(`looking at the load failed: ${String(error)}`))
  }
}

/** Once the run reverts there is nothing left to halt, and its beacon and fuses may go. */
function isWatched(run: Run): boolean {
  return ['preparing', 'injecting', 'holding', 'recovering', 'resting', 'overlapping'].includes(run.status)
}

/** Of steps that overlap each has its own targets. */
async function lookAtTargets(driver: Driver): Promise<void> {
  for (const one of atWork(driver)) await one.targets.look(one)
}

function targetsDueAt(driver: Driver): number {
  return Math.min(...atWork(driver).map((one) => one.targets.dueAt(one)))
}

/** The drivers of the steps of a group that are at work; else this one. */
function atWork(driver: Driver): readonly Driver[] {
  const { run } = driver
  return run.status === 'overlapping' ? openMembers(run).map((step) => driver.member(step)) : [driver]
}

async function lookAtControls(driver: Driver): Promise<void> {
  await driver.mayGoOn()
}

/** A cluster that does not answer may be away, or gone for good: then there is nothing to wait for. */
async function orGone(driver: Driver, error: unknown): Promise<void> {
  const gone = await whyGone(driver)
  if (gone === null) throw error
  driver.requestStop({ reason: 'cluster_gone', by: driver.engine.owner, detail: gone.message })
}

/** Asked once when an injection failed: a halt by hand takes its fuse away, and is no failure. Errors leave it at that. */
export async function wasHalted(driver: Driver): Promise<boolean> {
  await lookAtCluster(driver).catch((error: unknown) => driver.note(`looking for a halt failed: ${String(error)}`))
  return driver.stop !== null
}

/** Those that were read burning in the last `sampleMs` are not read again for that. */
function lookAtFuses(driver: Driver): Promise<void> {
  return lookAtCluster(driver, driver.engine.config.sampleMs)
}

function fusesDueAt(driver: Driver): number {
  const context = driver.context()
  const { clock, config } = driver.engine
  const dues = watchedFuses(driver).map(({ fuse }) => (seenBurning(context, fuse)?.at ?? clock.now() - config.sampleMs) + config.sampleMs)
  return dues.length === 0 ? clock.now() + config.sampleMs : Math.min(...dues)
}

/** What was read counts only while the run is still where it was: a fuse that the revert took away meanwhile is not missing. */
async function lookAtCluster(driver: Driver, recentMs = 0): Promise<void> {
  const { status } = driver.run
  const step = stepOf(driver.run)
  const missing = await whatIsMissing(driver, recentMs)
  if (missing === null || driver.run.status !== status || stepOf(driver.run) !== step) return
  if (missing.what === 'the fuse' && !armedFuses(driver).some(({ uid }) => uid === missing.fuse.uid)) return
  driver.requestStop(whyMissing(missing))
}

/** What burnt by itself is no person's deed; a fault that its fuse ended says so by its cause. */
function whyMissing({ what, fuse, state }: Missing): Omit<Abort, 'at'> {
  const isFuse = what === 'the fuse'
  if (state === 'burnt') {
    const detail = `${what} ${fuse.name} burnt by itself (its deadline: ${isoSeconds(fuse.burnsAt)})`
    return { reason: 'fuse_burnt', by: 'kubernetes', detail, ...(isFuse ? { cause: 'fuse_burnt' } : {}) }
  }
  const detail = `${what} ${fuse.name} was removed (as "${haltCommand}" does)`
  return { reason: 'halted', by: 'kubectl', detail, ...(isFuse ? { cause: 'fuse_deleted' } : {}) }
}

interface Watched {
  readonly what: 'the beacon' | 'the fuse'
  readonly fuse: FuseRef
}

interface Missing extends Watched {
  readonly state: Exclude<FuseState, 'burning'>
}

function watchedFuses(driver: Driver): readonly Watched[] {
  const { beacon } = driver.run
  const armed = armedFuses(driver)
  return [
    ...[...new Map(armed.map((fuse) => [fuse.uid, fuse])).values()].map((fuse) => ({ what: 'the fuse', fuse }) as const),
    ...(beacon === null ? [] : [{ what: 'the beacon', fuse: beacon } as const]),
  ]
}

async function whatIsMissing(driver: Driver, recentMs: number): Promise<Missing | null> {
  const context = driver.context()
  for (const one of watchedFuses(driver)) {
    const seenAt = recentMs === 0 ? undefined : seenBurning(context, one.fuse)?.at
    if (seenAt !== undefined && driver.engine.clock.now() - seenAt < recentMs) continue
    const state = await fuseState(context, one.fuse)
    if (state !== 'burning') return { ...one, state }
  }
  return null
}

/** Fuses of what holds, or is being put in place; one whose undo has begun may go. */
function armedFuses(driver: Driver): readonly FuseRef[] {
  // Injections of a step share its fuse, and that one is undone is stored for each of them: its step says first that the fuse may go.
  const holding = atWork(driver).filter(({ run }) => isWatched(run))
  return holding.flatMap(({ stepInjections }) =>
    stepInjections.flatMap(({ status, armed }) => (['injecting', 'active', 'failed'].includes(status) && armed !== null ? [armed] : [])),
  )
}
