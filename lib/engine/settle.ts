import { FaultlineError } from '../domain/errors.ts'
import type { Ended, Run } from '../domain/run.ts'
import { late, withDeadline } from '../with-deadline.ts'
import { copyEvents } from './audit.ts'
import type { Engine } from './engine.ts'

/** A driver that is through may spend this on the report and on what is stored with it (three PUTs of 10 s each, side by side); else the next reaper does it. */
const settleMs = 12_000

type Settling = Pick<Engine, 'store' | 'notifiers' | 'report' | 'observe'>

/**
 * The last part of a run that is over, for its driver and for reapers alike:
 * 1. its history is copied; 2. its report is left where people look for it; 3. when that is done and every notifier was told, the outbox is
 * emptied. Until then the events lie in the run's item, and reapers find it by them.
 * @throws FaultlineError `conflict` when another reaper did it at the same time
 */
export async function settle(engine: Settling, run: Ended, { isAllTold }: { readonly isAllTold: boolean }): Promise<Run> {
  const { store } = engine
  if (run.events.length > 0) await copyEvents(engine, run, run.events)
  const isReported = await reported(engine, run)
  if (!isAllTold || !isReported || run.events.length === 0) return run
  const settled = { ...run, version: run.version + 1, events: [] }
  await store.runs.save(settled)
  return settled
}

/** Whatever goes wrong with a report is told, and concerns nothing else of the run. */
async function reported({ report, observe }: Settling, run: Ended): Promise<boolean> {
  try {
    await report?.(run)
    return true
  } catch (error) {
    observe({ kind: 'note', run, message: `the report could not be written: ${error instanceof Error ? error.message : String(error)}` })
    return false
  }
}

/** The same for a driver, which does not fail for it; `mostMs` where its own time is limited. */
export async function settleInTime(
  engine: Engine,
  run: Ended,
  { isAllTold, mostMs = settleMs }: { readonly isAllTold: boolean; readonly mostMs?: number | undefined },
): Promise<Run> {
  const settled = settle(engine, run, { isAllTold }).catch((error: unknown) => {
    if (!(error instanceof FaultlineError)) throw error
    return run
  })
  const outcome = await withDeadline(engine.clock, Math.min(settleMs, mostMs), settled)
  return outcome === late ? run : outcome
}
