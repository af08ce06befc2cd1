import { VersionConflict } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import { isOpen } from '../../domain/injection.ts'
import type { Lease, Run } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { transition } from '../../domain/transition.ts'
import type { Engine } from '../engine.ts'

/**
 * Takes the lease, with what the driver before could not copy into the history in the new outbox, and raises the version of every open ledger entry, so that late writes of its last driver fail.
 * @throws VersionConflict when another driver was quicker
 */
export async function writeLease(
  engine: Engine,
  found: Run,
  options: { readonly continued: boolean; readonly abort: Abort | null },
): Promise<{ run: Run; injections: readonly Injection[] }> {
  const { store, clock, owner, config } = engine
  const lease: Lease = { owner, until: clock.now() + config.leaseMs }
  const event: RunEvent = { type: 'leased', lease, ...options }
  const taken = transition(found, event, clock.now())
  const run = { ...taken, events: [...found.events, ...taken.events] }
  await store.runs.save(run)
  const entries = await store.ledger.list(found.id)
  const injections = await Promise.all(entries.map((entry) => raise(engine, entry)))
  engine.observe({ kind: 'event', run, event, injections })
  return { run, injections }
}

/** A driver that handed over writes until it sees that it was succeeded: what it writes until then counts, but each entry only until its version is raised here. */
async function raise(engine: Engine, found: Injection): Promise<Injection> {
  const { ledger } = engine.store
  let entry = found
  while (isOpen(entry)) {
    const raised = { ...entry, version: entry.version + 1 }
    try {
      await ledger.save(raised)
      return raised
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error
      entry = (await ledger.list(entry.runId, entry.step)).find(({ n }) => n === found.n) ?? entry
    }
  }
  return entry
}
