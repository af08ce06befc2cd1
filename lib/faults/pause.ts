import { FaultlineError } from '../domain/errors.ts'
import type { FaultContext } from './fault.ts'

/**
 * Waits, or gives up as soon as the run is to stop.
 * @throws FaultlineError `refused` when interrupted
 */
export async function pause(context: Pick<FaultContext, 'clock' | 'interrupt'>, ms: number, waitingFor: string): Promise<void> {
  if (context.interrupt?.aborted !== true) await context.clock.sleep(ms, context.interrupt)
  if (context.interrupt?.aborted === true) throw new FaultlineError('refused', `interrupted while waiting for ${waitingFor}`)
}
