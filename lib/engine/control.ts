import { FaultlineError } from '../domain/errors.ts'
import { isOpen } from '../domain/injection.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { transition } from '../domain/transition.ts'
import { namespaceLock } from './acts/admit.ts'
import type { DriveOptions } from './drive.ts'
import { drive } from './drive.ts'
import type { Engine } from './engine.ts'
import { claimOf, isTaken } from './lease/claim.ts'
import { Notifications } from './notifications/notifications.ts'

/** Asks the run's driver to abort; when there is none any more, reverts here and now. */
export async function abortRun(
  engine: Engine,
  runId: string,
  by: { readonly who: string; readonly why: string },
  options: DriveOptions = {},
): Promise<{ readonly run: Run; readonly driven: 'elsewhere' | 'here' | 'already_over' }> {
  const run = await mustLoad(engine, runId)
  if (isEnded(run)) return { run, driven: 'already_over' }
  await engine.store.controls.set({ kind: 'abort', runId }, by.who, by.why, engine.clock.now())
  if (claimOf(run, engine) === 'held') return { run, driven: 'elsewhere' }
  try {
    return { run: await drive(engine, runId, options), driven: 'here' }
  } catch (error) {
    if (!isTaken(error)) throw error
    return { run: await mustLoad(engine, runId), driven: 'elsewhere' }
  }
}

/**
 * Ends a run whose undo can never be proven, on a person's word: `failed`, reason `unproven`.
 * @throws FaultlineError `refused` while somebody drives it, or when nothing of it is open
 */
export async function resolveRun(engine: Engine, runId: string, by: { readonly who: string; readonly why: string }): Promise<Run> {
  const run = await mustLoad(engine, runId)
  if (isEnded(run)) throw new FaultlineError('refused', `run ${runId} is over already (${run.status})`)
  if (claimOf(run, engine) === 'held') throw new FaultlineError('refused', `run ${runId} is driven by ${run.lease?.owner}: abort it first`)
  const injections = await engine.store.ledger.list(runId)
  const open = injections.filter(isOpen)
  if (open.length === 0 && run.status !== 'verifying')
    throw new FaultlineError('refused', `nothing of run ${runId} is open: reap it instead`)
  const resolved = transition(run, { type: 'resolved', by: by.who, why: by.why }, engine.clock.now())
  await engine.store.runs.save(resolved)
  await engine.store.ledger.appendHistory(runId, resolved.events)
  await engine.store.locks.release(namespaceLock(resolved), runId)
  const notifications = new Notifications(engine, runId)
  notifications.notify(resolved, resolved.events, injections)
  await notifications.end()
  return resolved
}

async function mustLoad(engine: Engine, runId: string): Promise<Run> {
  const run = await engine.store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  return run
}
