import { randomUUID } from 'node:crypto'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { readUndoData } from '../../domain/undo-data.ts'
import type { Clock, LedgerStore } from '../../ports.ts'
import { allSettled } from './all-settled.ts'
import { eventKey, eventPrefix, injectionKey, injectionPrefix, runKey, runPartition, stepPrefix } from './keys.ts'
import type { Layout } from './parts.ts'
import { RecordItems, saveIdOf } from './records.ts'
import type { TableAccess } from './table-access.ts'

/** A write costs by the KB of its whole item, and an entry is saved ten times: what only the plan and the proofs need lies beside its head. */
export const injectionLayout: Layout = { inline: 512, elements: { evidence: 512 } }
/** A line is written once: what most lines have stays in one item. */
const eventLayout: Layout = { inline: 4_096 }

/** Ledger and history in the table; saves set attributes one by one, so that a ttl set at the run's end stays. */
export function createLedgerStore(table: TableAccess, clock: Clock): LedgerStore {
  const entries = new RecordItems<Injection>({ table, clock, layout: injectionLayout, read: readInjection })
  const lines = new RecordItems<HistoryEvent>({ table, clock, layout: eventLayout, read: (record) => record as HistoryEvent })
  return {
    add: (injection) => entries.create({ key: injectionKey(injection), record: injection, saveId: randomUUID() }),
    save: (injection) => {
      const key = injectionKey(injection)
      const saving = { key, record: injection, saveId: saveIdOf(injection) }
      return entries.save(saving, (attributes, condition) => table.update(key, attributes, condition))
    },
    list: (runId, step) => entries.list(runPartition(runId), step === undefined ? injectionPrefix : stepPrefix(step)),
    appendHistory: async (runId, events) => {
      if (events.length === 0) return
      // Events come after the save they belong to: those of the last save find the run's ttl and take it.
      const ttl = await ttlOf(table, runId)
      await allSettled(
        events.map((event) => lines.create({ key: eventKey(runId, event), record: event, saveId: saveIdOf(event), beside: { ttl } })),
      )
    },
    history: (runId) => lines.list(runPartition(runId), eventPrefix),
  }
}

function readInjection(record: object): Injection {
  const stored = record as Injection
  return { ...stored, undo: readUndoData(stored.undo, stored.fault) }
}

/** The run's expiry in epoch seconds, undefined while it lives. */
export async function ttlOf(table: TableAccess, runId: string): Promise<unknown> {
  return (await table.get(runKey(runId)))?.ttl
}
