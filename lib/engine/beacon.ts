import type { FuseSpec } from '../domain/injection.ts'
import { deadlineOf } from '../domain/next-action.ts'
import type { BeaconRef } from '../domain/run.ts'
import type { FaultContext } from '../faults/fault.ts'
import { armFuse } from '../faults/fuse.ts'
import type { Driver } from './driver.ts'

/** The run-long pod-less Job: whoever deletes it halts the run. */
export function beaconSpec(context: Pick<FaultContext, 'runId' | 'namespace'>): FuseSpec {
  return { namespace: context.namespace, name: `faultline-${context.runId}`, pod: null }
}

/** Makes the beacon; it must stand, read back and burning, before the first fault. */
export async function lightBeacon(driver: Driver): Promise<BeaconRef> {
  const context = driver.context()
  const { config } = driver.engine
  const burnsAt = deadlineOf(driver.run) + config.prepareMs + config.fuse.marginMs
  return armFuse(context, beaconSpec(context), { step: null, role: 'beacon', burnsAt })
}
