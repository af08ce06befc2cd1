import type { Clock } from '../../ports.ts'
import type { Bus } from './bus.ts'

/** Detail type of the event that asks another driver to go on. */
export const advanceType = 'advance'

/** Asks for another driver; one that comes twice finds the run held, and one that comes late finds it over. */
export function advanceCall(bus: Bus, clock: Pick<Clock, 'now'>): (runId: string) => Promise<void> {
  return (runId) => bus.put({ detailType: advanceType, detail: { runId }, at: clock.now() })
}
