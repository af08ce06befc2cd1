import type { AuditEntry, GuardsMark } from '../../domain/audit.ts'
import type { AuditStore } from '../../ports.ts'
import { notThereYet } from './conditions.ts'
import { auditKey, auditPartition, auditTime, guardsKey, guardsPartition } from './keys.ts'
import type { Item, TableAccess } from './table-access.ts'

/** A table to which items are only ever added. */
export interface AuditAccess extends Pick<TableAccess, 'query'> {
  /** False when an item of that key is there; it is left as it is. */
  insert(item: Item): Promise<boolean>
}

/** The trail among all other items, for stores whose files are their owner's own. */
export function amongItems(table: TableAccess): AuditAccess {
  return { insert: async (item) => (await table.put(item, notThereYet)) !== false, query: (query, limit) => table.query(query, limit) }
}

/** The audit trail in the table: one item for each entry, by its time, without an expiry. */
export function createAuditStore(table: AuditAccess): AuditStore {
  const entries = (items: readonly Item[]) => items.map(({ body }) => body as AuditEntry)
  return {
    add: (entry) => table.insert({ ...auditKey(entry), body: entry }),
    list: async ({ since } = {}) => {
      const sort = since === undefined ? undefined : ({ is: 'above', value: auditTime(since) } as const)
      return entries(await table.query({ from: 'items', partition: auditPartition, ...(sort && { sort }) }))
    },
    newest: async (limit) => entries(await table.query({ from: 'items', partition: auditPartition, highestFirst: true }, limit)),
    markGuards: (mark) => table.insert({ ...guardsKey(mark), body: mark }),
    guardsMarks: async (limit) =>
      (await table.query({ from: 'items', partition: guardsPartition, highestFirst: true }, limit)).map(({ body }) => body as GuardsMark),
  }
}
