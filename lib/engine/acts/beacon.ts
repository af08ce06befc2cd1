import type { FuseSpec } from '../../domain/injection.ts'
import type { Job } from '../../domain/kube.ts'
import { expiresAnnotation, managedSelector, roleLabel, runLabel } from '../../domain/labels.ts'
import { beaconName } from '../../domain/names.ts'
import { deadlineOf } from '../../domain/next-action.ts'
import { isEnded } from '../../domain/run.ts'
import type { BeaconRef } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { armFuse, removeFuse } from '../../faults/fuse.ts'
import { parseIso } from '../../time.ts'
import type { Driver } from '../lease/driver.ts'

/** The run-long pod-less Job: whoever deletes it halts the run. */
export function beaconSpec(context: Pick<FaultContext, 'runId' | 'namespace'>): FuseSpec {
  return { namespace: context.namespace, name: beaconName(context.runId), pod: null }
}

/**
 * Makes the beacon; it must stand, read back and burning, before the first fault. Two runs that began at once (of two tables, which know
 * nothing of each other): whoever then sees another's beacon ends itself, perhaps both; never do both go on.
 */
export async function lightBeacon(driver: Driver): Promise<RunEvent> {
  const context = driver.context()
  const { config } = driver.engine
  const burnsAt = deadlineOf(driver.run) + config.prepareMs + config.fuse.marginMs
  const beacon: BeaconRef = await armFuse(context, beaconSpec(context), { step: null, role: 'beacon', burnsAt })
  const rival = await otherBeacon(driver, beacon)
  if (rival === null) return { type: 'beacon_lit', beacon }
  await removeFuse(context, beacon)
  const message = `run ${rival} began in namespace ${context.namespace} at the same time`
  return { type: 'refused', refusals: [{ code: 'busy', step: null, message }] }
}

async function otherBeacon(driver: Driver, ours: BeaconRef): Promise<string | null> {
  const labelSelector = `${managedSelector},${roleLabel}=beacon`
  const beacons = await driver.cluster.objects.list<Job>(
    { apiVersion: 'batch/v1', kind: 'Job' },
    { namespace: ours.namespace, labelSelector },
  )
  const now = driver.engine.clock.now()
  const rivals = beacons.filter(
    (job) => job.metadata.uid !== ours.uid && job.metadata.deletionTimestamp === undefined && !isExpired(job, now),
  )
  for (const rival of rivals) {
    const run = await driver.engine.store.runs.load(rival.metadata.labels?.[runLabel] ?? '')
    if (run === undefined || !isEnded(run)) return rival.metadata.labels?.[runLabel] ?? rival.metadata.name
  }
  return null
}

function isExpired(job: Job, now: number): boolean {
  return (parseIso(job.metadata.annotations?.[expiresAnnotation]) ?? now) < now
}
