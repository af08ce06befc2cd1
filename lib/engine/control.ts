import { type Actor, actorOf, actorText } from '../domain/actor.ts'
import { askedEntry, auditOf } from '../domain/audit.ts'
import type { Control } from '../domain/control.ts'
import { FaultlineError, StoreUnavailable } from '../domain/errors.ts'
import type { Injection } from '../domain/injection.ts'
import { isOpen } from '../domain/injection.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { transition } from '../domain/transition.ts'
import { isoSeconds } from '../time.ts'
import { namespaceLock } from './acts/admit.ts'
import { type Auditing, audit, copyEvents } from './audit.ts'
import type { DriveOptions } from './drive.ts'
import { drive } from './drive.ts'
import type { Engine } from './engine.ts'
import { claimOf, isTaken } from './lease/claim.ts'
import { Notifications } from './notifications/notifications.ts'
import { onRecord, unlessFaultline } from './on-record.ts'
import { wantSecondPerson } from './second-person.ts'
import { settleInTime } from './settle.ts'

/** What a switch keeps of who set it. */
export function wordOf(who: Actor, why: string, at: number): Control {
  return { by: actorText(who), actor: who, why, at }
}

/** Asks the run's driver to abort. An entry that cannot be written now is written when the abort takes effect. */
export async function askAbort(
  engine: Auditing & Pick<Engine, 'clock'> & { readonly store: Pick<Engine['store'], 'controls'> },
  run: Run,
  { who, why }: { readonly who: Actor; readonly why: string },
): Promise<void> {
  const word = wordOf(who, why, engine.clock.now())
  await engine.store.controls.set({ kind: 'abort', runId: run.id }, word)
  await audit(engine, askedEntry(run, word)).catch(unlessFaultline)
}

/** Asks the run's driver to abort; when there is none any more, reverts here and now. */
export async function abortRun(
  engine: Engine,
  runId: string,
  by: { readonly who: Actor; readonly why: string },
  options: DriveOptions = {},
): Promise<{ readonly run: Run; readonly driven: 'elsewhere' | 'here' | 'already_over' }> {
  const run = await mustLoad(engine, runId)
  if (isEnded(run)) return { run, driven: 'already_over' }
  await askAbort(engine, run, by)
  if (claimOf(run, engine) === 'held') return { run, driven: 'elsewhere' }
  try {
    return { run: await drive(engine, runId, options), driven: 'here' }
  } catch (error) {
    if (!isTaken(error)) throw error
    return { run: await mustLoad(engine, runId), driven: 'elsewhere' }
  }
}

/** A person's word; `force` even where a fuse or a reaper could still end the run with proof. */
interface Word {
  readonly who: Actor
  readonly why: string
  readonly force?: boolean
}

/**
 * Ends a run whose undo can never be proven, on a person's word and on record: `failed`, reason `unproven`.
 * @throws FaultlineError `refused` while a driver has it, or while a fuse or a reaper can still end it with proof (unless forced)
 */
export async function resolveRun(engine: Engine, runId: string, by: Word): Promise<Run> {
  const { store, clock } = engine
  const run = await mustLoad(engine, runId)
  if (isEnded(run)) throw new FaultlineError('refused', `run ${runId} is over already (${run.status})`)
  if (claimOf(run, engine) === 'held') throw new FaultlineError('refused', `run ${runId} is driven by ${run.lease?.owner}: abort it first`)
  // A schedule is no person: any one who is known may resolve what it started.
  if (run.trigger.kind === 'manual') wantSecondPerson(engine.config, 'resolve', { first: actorOf(run.trigger), second: by.who })
  const injections = await store.ledger.list(runId)
  const better = by.force === true ? null : await whatStillEndsIt(engine, run, injections)
  if (better !== null) throw new FaultlineError('refused', `${better}; only if you are certain, resolve it by force`)
  await copyEvents(engine, run, run.events)
  const resolved = transition(run, { type: 'resolved', by: actorText(by.who), actor: by.who, why: by.why }, clock.now())
  await onRecord(engine, auditOf(resolved, resolved.events), () => store.runs.save(resolved))
  const notifications = new Notifications(engine, runId)
  notifications.notify(resolved, resolved.events, injections)
  await store.locks.release(namespaceLock(resolved), runId).catch(unlessAway)
  const isAllTold = await notifications.end()
  return isEnded(resolved) ? settleInTime(engine, resolved, { isAllTold }) : resolved
}

/** Null when nothing does: it was tried and could not be proven, or the cluster cannot be reached, and no fuse burns any more. */
async function whatStillEndsIt(engine: Engine, run: Run, injections: readonly Injection[]): Promise<string | null> {
  const { clock, config } = engine
  const burnsAt = Math.max(0, ...injections.filter(isOpen).map(({ armed }) => armed?.burnsAt ?? 0))
  if (burnsAt + config.skewMs > clock.now())
    return `a fuse in the cluster ends the fault of run ${run.id} at ${isoSeconds(burnsAt)}; reap it then`
  if ((run.status === 'reverting' || run.status === 'verifying') && run.attempts > 0) return null
  try {
    await engine.connect(run.cluster)
  } catch (error) {
    if (error instanceof FaultlineError) return null
    throw error
  }
  return `no reaper has tried yet to undo run ${run.id} and prove it: reap it instead`
}

/** The next run may take the lock over from one that is over. */
function unlessAway(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}

async function mustLoad(engine: Engine, runId: string): Promise<Run> {
  const run = await engine.store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  return run
}
