import { type FaultlineError, StoreUnavailable } from '../domain/errors.ts'
import type { Injection } from '../domain/injection.ts'
import { isOpen } from '../domain/injection.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import type { RunEvent } from '../domain/transition.ts'
import { transition } from '../domain/transition.ts'
import { namespaceLock } from './acts/admit.ts'
import { keep } from './acts/inject.ts'
import { copyEvents } from './audit.ts'
import type { Engine } from './engine.ts'
import type { Driver } from './lease/driver.ts'

/** A run whose cluster no longer exists: every fault went with it, and that is the proof. */
export async function endWithoutCluster(
  engine: Engine,
  state: { readonly run: Run; readonly injections: readonly Injection[] },
  gone: FaultlineError,
): Promise<Run> {
  const { store, clock, owner } = engine
  const at = clock.now()
  for (const injection of state.injections.filter(isOpen)) {
    const evidence = keep(injection, { phase: 'after', at, finding: 'yes', summary: gone.message, measurements: [] })
    await store.ledger.save({ ...injection, version: injection.version + 1, status: 'reverted', evidence })
  }
  const events: readonly RunEvent[] = [
    { type: 'abort', abort: { reason: 'cluster_gone', at, by: owner, detail: gone.message } },
    { type: 'reverted', summaries: [gone.message] },
    { type: 'verified', orphans: [] },
    { type: 'released' },
  ]
  let { run } = state
  for (const event of events) {
    if (event.type === 'reverted' && run.status !== 'reverting') continue
    await copyEvents(engine, run, run.events)
    const outbox = isEnded(run) ? run.events : []
    const next = transition(run, event, at)
    run = { ...next, events: [...outbox, ...next.events] }
    await store.runs.save(run)
    engine.observe({ kind: 'event', run, event, injections: state.injections })
  }
  await Promise.all([copyEvents(engine, run, run.events), store.locks.release(namespaceLock(run), run.id)]).catch(unlessAway)
  return run
}

/** As `endWithoutCluster`, for a driver whose cluster ended in the middle of the run. */
export async function endUnderDriver(driver: Driver, gone: FaultlineError): Promise<void> {
  const at = driver.engine.clock.now()
  for (const injection of driver.openInjections) {
    const evidence = keep(injection, { phase: 'after', at, finding: 'yes', summary: gone.message, measurements: [] })
    await driver.update(injection, { status: 'reverted', evidence })
  }
  if (driver.run.abort === null)
    await driver.record({ type: 'abort', abort: { reason: 'cluster_gone', at, by: driver.engine.owner, detail: gone.message } })
  if (driver.run.status === 'reverting') await driver.record({ type: 'reverted', summaries: [gone.message] })
  await driver.record({ type: 'verified', orphans: [] })
}

/** The run is over: what is left to do lies in its outbox, and the next run may take the lock over. */
function unlessAway(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error
}
