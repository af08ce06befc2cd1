import { FaultlineError } from '../../domain/errors.ts'
import type { Driver } from './driver.ts'

/** Why the cluster of a run is gone for good; null when it is there, or when that is not certain. */
export async function whyGone({ engine, run }: Pick<Driver, 'engine' | 'run'>): Promise<FaultlineError | null> {
  try {
    await engine.connect(run.cluster)
    return null
  } catch (error) {
    return error instanceof FaultlineError && error.code === 'cluster_gone' ? error : null
  }
}
