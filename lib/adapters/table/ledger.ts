import { randomUUID } from 'node:crypto'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { fitEvent, fitInjection } from '../../domain/record-size.ts'
import { readUndoData } from '../../domain/undo-data.ts'
import type { LedgerStore } from '../../ports.ts'
import { notThereYet } from './conditions.ts'
import { eventKey, eventPrefix, injectionKey, injectionPrefix, runKey, runPartition, stepPrefix } from './keys.ts'
import type { Item, TableAccess } from './table-access.ts'
import { createOnce, saveIdOf, saveVersion } from './versioned.ts'

/** Ledger and history in the table; saves set attributes one by one, so that a ttl set at the run's end stays. */
export function createLedgerStore(table: TableAccess): LedgerStore {
  const read = (runId: string, prefix: string) =>
    table.query({ from: 'items', partition: runPartition(runId), sort: { is: 'beginsWith', value: prefix } })
  return {
    add: (injection) => createOnce(table, { ...injectionKey(injection), ...injectionAttributes(injection, randomUUID()) }),
    save: (injection) => saveVersion(table, injectionKey(injection), injectionAttributes(injection, saveIdOf(injection))),
    list: async (runId, step) => {
      const items = await read(runId, step === undefined ? injectionPrefix : stepPrefix(step))
      return items.map((item) => readInjection(item.body as Injection))
    },
    appendHistory: (runId, events) => appendHistory(table, runId, events),
    history: async (runId) => (await read(runId, eventPrefix)).map((item) => item.body as HistoryEvent),
  }
}

const readInjection = (stored: Injection): Injection => ({ ...stored, undo: readUndoData(stored.undo, stored.fault) })

const injectionAttributes = (injection: Injection, saveId: string) => ({
  version: injection.version,
  saveId,
  body: fitInjection(injection),
})

/** Events come after the save they belong to: those of the last save find the run's ttl and take it. */
async function appendHistory(table: TableAccess, runId: string, events: readonly HistoryEvent[]): Promise<void> {
  if (events.length === 0) return
  const ttl = await ttlOf(table, runId)
  const items: Item[] = events.map((event) => ({ ...eventKey(runId, event), ttl, body: fitEvent(event) }))
  await Promise.all(items.map((item) => table.put(item, notThereYet)))
}

/** The run's expiry in epoch seconds, undefined while it lives. */
export async function ttlOf(table: TableAccess, runId: string): Promise<unknown> {
  return (await table.get(runKey(runId)))?.ttl
}
