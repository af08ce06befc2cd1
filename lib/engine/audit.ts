import { type AuditEntry, auditOf, guardsEntry, switchEntry } from '../domain/audit.ts'
import { canonical } from '../domain/canonical.ts'
import type { Control, Controls } from '../domain/control.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { HistoryEvent } from '../domain/history-event.ts'
import type { Run } from '../domain/run.ts'
import { sha256 } from '../domain/sha256.ts'
import type { Notifier, Store } from '../ports.ts'
import type { Engine } from './engine.ts'

/** Who keeps the trail, and who is told of what is new in it. */
export type Auditing = Pick<Engine, 'notifiers'> & { readonly store: Pick<Store, 'audit'> }

/** Among so many changes of guards the one before a start is looked for: the newest, unless starts were written down in another order. */
const newestMarks = 20
/** In a table of an earlier version, once, the start before this one is looked for among so many entries: a hundred game days and what people did. */
const newestEntries = 1_000

/** What the configuration of guards is at a start, as one figure that can be compared. A calendar counts by its name. */
export function digestOfGuards({ guards }: Engine['config']): string {
  return sha256(canonical(guards))
}

/**
 * Adds an entry to the trail, and tells every notifier that listens, which fails no one: the trail is what counts.
 * @throws StoreUnavailable when the entry may not be there; adding it again is harmless
 */
export async function audit({ store, notifiers }: Auditing, entry: AuditEntry): Promise<void> {
  await store.audit.add(entry)
  await Promise.all(notifiers.map((notifier) => tell(notifier, entry)))
}

/** Told at least once where the way is open, and not told later where it is not. */
async function tell(notifier: Notifier, entry: AuditEntry): Promise<void> {
  try {
    await notifier.audited?.(entry)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
  }
}

/**
 * Copies what is in a run's outbox to where it stays: into the history, and into the audit trail what belongs there. Both may be done again.
 * @throws StoreUnavailable when something of it may be missing; the outbox is kept then
 */
export async function copyEvents(
  engine: Pick<Engine, 'notifiers'> & { readonly store: Pick<Store, 'ledger' | 'audit'> },
  run: Run,
  events: readonly HistoryEvent[],
): Promise<void> {
  await engine.store.ledger.appendHistory(run.id, events)
  for (const entry of auditOf(run, events)) {
    if (entry.kind === 'start') await auditGuards(engine, entry)
    await audit(engine, entry)
  }
}

/**
 * A change of the guards since the start before is an entry of its own, ahead of the start under the new ones. It is marked last, so that
 * what a crash cut off is done again.
 */
async function auditGuards(engine: Auditing, start: AuditEntry): Promise<void> {
  const { guards } = start.data
  if (typeof guards !== 'string') return
  const { id, at } = start
  const { audit: trail } = engine.store
  const marks = await trail.guardsMarks(newestMarks)
  const before = marks.length === 0 ? await guardsOfEntries(trail, start) : marks.find((mark) => mark.id !== id && mark.at <= at)?.guards
  if (before !== undefined && before !== guards) await audit(engine, guardsEntry(start, before))
  if (before !== guards || marks.length === 0) await trail.markGuards({ id, at, guards })
}

/** Under which guards the start before was, by the entries of the trail alone. */
async function guardsOfEntries(trail: Pick<Store['audit'], 'newest'>, start: AuditEntry): Promise<string | undefined> {
  const before = (await trail.newest(newestEntries)).find(
    ({ id, kind, at, data }) => kind === 'start' && id !== start.id && at <= start.at && typeof data.guards === 'string',
  )
  return before === undefined ? undefined : String(before.data.guards)
}

/** A word and those that it took the place of, oldest first. */
function wordsOf(word: Control | null): readonly Control[] {
  return word === null ? [] : [...(word.before ?? []), word]
}

/** Writes what a person's halt or pause could not write itself; to be called where the switches were read. */
export async function auditSwitches(engine: Auditing, { halt, pause }: Pick<Controls, 'halt' | 'pause'>, suite?: string): Promise<void> {
  for (const word of wordsOf(halt)) await audit(engine, switchEntry('halt', word))
  if (suite !== undefined) for (const word of wordsOf(pause)) await audit(engine, switchEntry('pause', word, { suite }))
}
