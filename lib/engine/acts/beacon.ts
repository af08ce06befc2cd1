import type { FuseSpec } from '../../domain/injection.ts'
import type { Job } from '../../domain/kube.ts'
import { beaconName } from '../../domain/names.ts'
import { deadlineOf } from '../../domain/next-action.ts'
import type { BeaconRef } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { armFuse, removeFuse } from '../../faults/fuse.ts'
import type { Driver } from '../lease/driver.ts'
import { ourJobs, rivalBeacon, standingIn } from './others.ts'

/** The run-long pod-less Job: deleting it halts the run. */
export function beaconSpec(context: Pick<FaultContext, 'runId' | 'nonce' | 'namespace'>): FuseSpec {
  return { namespace: context.namespace, name: beaconName(context), pod: null }
}

/**
 * Makes the beacon; it must stand, read back and burning, before the first fault. Two runs that began at once (of two tables, which know
 * nothing of each other): a run that then sees another's beacon ends itself, perhaps both; never do both go on.
 */
export async function lightBeacon(driver: Driver): Promise<RunEvent> {
  const context = driver.context()
  const { config } = driver.engine
  const burnsAt = deadlineOf(driver.run) + config.prepareMs + config.fuse.marginMs
  const spec = beaconSpec(context)
  let jobs: readonly Job[] = []
  // The list that shows it burning shows its rivals, too.
  const read = async () => {
    jobs = await ourJobs(context)
    return jobs.find(({ metadata }) => metadata.name === spec.name)
  }
  const beacon: BeaconRef = await armFuse(context, spec, { step: null, role: 'beacon', burnsAt, read })
  const rival = await rivalBeacon(context, jobs, standingIn(driver.engine))
  if (rival === null) return { type: 'beacon_lit', beacon }
  await removeFuse(context, beacon)
  const message = `run ${rival} began in namespace ${context.namespace} at the same time`
  return { type: 'refused', refusals: [{ code: 'busy', step: null, message }] }
}
