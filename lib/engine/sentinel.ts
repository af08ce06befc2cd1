import { FaultlineError, StoreUnavailable } from '../domain/errors.ts'
import { haltCommand } from '../domain/labels.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { fuseBurns } from '../faults/fuse.ts'
import type { Driver } from './driver.ts'

/** With less than this share of the lease left and no store to renew it in, the driver reverts from memory. */
const emergencyShare = 0.5

/**
 * Looks on beside the main loop until `done`: renews the lease, obeys people's switches, and notices when the beacon or a fuse is
 * gone before its time. Never blocks the main loop; a cluster or store that does not answer is no halt by itself.
 */
export async function watchOver(driver: Driver, done: AbortSignal): Promise<void> {
  await Promise.all([keepLease(driver, done), lookForHalts(driver, done)])
}

async function keepLease(driver: Driver, done: AbortSignal): Promise<void> {
  const { clock, config } = driver.engine
  while (!done.aborted) {
    await clock.sleep(config.leaseMs / 6, done)
    if (done.aborted || isEnded(driver.run)) return
    const emergencyAt = (driver.run.lease?.until ?? 0) - config.leaseMs * emergencyShare
    const renewal = driver.renewLease().then(
      () => true,
      () => true,
    )
    const inTime = await Promise.race([renewal, clock.sleep(Math.max(0, emergencyAt - clock.now()), done).then(() => false)])
    if (!inTime && !done.aborted) driver.lose(new StoreUnavailable(`the lease of run ${driver.run.id} could not be renewed`))
  }
}

async function lookForHalts(driver: Driver, done: AbortSignal): Promise<void> {
  const { clock, config } = driver.engine
  while (!done.aborted) {
    await clock.sleep(config.sampleMs, done)
    if (done.aborted) return
    if (isWatched(driver.run)) await look(driver)
  }
}

/** Once the run reverts there is nothing left to halt, and its beacon and fuses may go. */
function isWatched(run: Run): boolean {
  return ['preparing', 'injecting', 'holding', 'recovering', 'resting'].includes(run.status)
}

async function look(driver: Driver): Promise<void> {
  await Promise.all([lookAtControls(driver), lookAtCluster(driver)])
}

async function lookAtControls(driver: Driver): Promise<void> {
  const { run } = driver
  try {
    const { halt, abort } = await driver.engine.store.controls.read({ id: run.id, suite: run.suite.name })
    if (abort !== null) driver.requestStop('asked', abort.by, abort.why)
    else if (halt !== null) driver.requestStop('halted', halt.by, halt.why)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    driver.note(`switches could not be read: ${error.message}`)
  }
}

async function lookAtCluster(driver: Driver): Promise<void> {
  try {
    const missing = await whatIsMissing(driver)
    if (missing !== null && isWatched(driver.run))
      driver.requestStop('halted', 'kubectl', `${missing} was removed or ended (as "${haltCommand}" does)`)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    driver.note(`beacon and fuses could not be read: ${error.message}`)
  }
}

async function whatIsMissing(driver: Driver): Promise<string | null> {
  const { beacon } = driver.run
  if (beacon !== null && !(await fuseBurns(driver, beacon))) return `the beacon ${beacon.name}`
  const fuses = new Map(driver.stepInjections.flatMap((i) => (i.status === 'active' && i.armed !== null ? [[i.armed.uid, i.armed]] : [])))
  for (const fuse of fuses.values()) {
    if (!(await fuseBurns(driver, fuse))) return `the fuse ${fuse.name}`
  }
  return null
}
