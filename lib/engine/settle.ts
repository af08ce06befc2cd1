import { FaultlineError } from '../domain/errors.ts'
import type { Ended, Run } from '../domain/run.ts'
import { withDeadline } from '../with-deadline.ts'
import type { Engine } from './engine.ts'

/** A driver that is through may spend this on it; else the next reaper does it. */
const settleMs = 2_000

/**
 * Empties the outbox of a run that is over, once its history is copied and everyone was told of its end. Until then the events lie in
 * the run's item, and reapers find it by them.
 * @throws FaultlineError `conflict` when another reaper did it at the same time
 */
export async function settle({ store }: Pick<Engine, 'store'>, run: Ended): Promise<Run> {
  if (run.events.length === 0) return run
  await store.ledger.appendHistory(run.id, run.events)
  const settled = { ...run, version: run.version + 1, events: [] }
  await store.runs.save(settled)
  return settled
}

/** The same for a driver, which does not fail for it. */
export async function settleInTime(engine: Engine, run: Ended): Promise<Run> {
  const settled = settle(engine, run).catch((error: unknown) => {
    if (!(error instanceof FaultlineError)) throw error
    return run
  })
  const outcome = await withDeadline(engine.clock, settleMs, settled)
  return typeof outcome === 'object' ? outcome : run
}
