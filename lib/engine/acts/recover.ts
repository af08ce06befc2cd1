import { FaultlineError } from '../../domain/errors.ts'
import { isReady } from '../../domain/kube.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { Driver } from '../lease/driver.ts'
import { workloadPods } from './admit.ts'

const pollMs = 1000

/** Null while the workload is not yet as healthy as before the run; the engine asks again. */
export async function checkRecovery(driver: Driver, window: { readonly since: number; readonly until: number }): Promise<RunEvent | null> {
  const { clock } = driver.engine
  const wanted = driver.run.baseline?.ready ?? 0
  let seen: string
  try {
    const pods = await workloadPods(driver.context(), driver.run.suite)
    const ready = pods.filter(isReady).length
    if (ready >= wanted && ready === pods.length) {
      return {
        type: 'recovered',
        message: `healthy again after ${((clock.now() - window.since) / 1000).toFixed(1)} s: ${ready} of ${pods.length} pods are ready`,
      }
    }
    seen = `${ready} of ${pods.length} pods are ready, ${wanted} were before`
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    seen = error.message
  }
  if (clock.now() >= window.until) return { type: 'not_recovered', message: seen }
  await driver.sleepUntil(Math.min(window.until, clock.now() + pollMs))
  return null
}
