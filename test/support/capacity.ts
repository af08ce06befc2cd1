import { merged, sums } from '../../lib/adapters/table/item-changes.ts'
import type { Key } from '../../lib/adapters/table/keys.ts'
import { createTableStore } from '../../lib/adapters/table/store.ts'
import { dueIndex, type Item, keyAttributes, suitesIndex, type TableAccess } from '../../lib/adapters/table/table-access.ts'
import { storedBytes } from '../../lib/domain/record-size.ts'
import type { Clock, Store } from '../../lib/ports.ts'
import { createPlainTable } from './plain-store.ts'

/** Request units, as an on-demand table is billed by them, and requests; `byKind`: write units of the table alone, by what sort keys begin with. */
export interface Units {
  writes: number
  indexWrites: number
  reads: number
  requests: number
  byKind: Record<string, number>
}

const bytesOf = (item: Item | undefined) => (item === undefined ? 0 : storedBytes(item))
/** A write unit is 1 KB of the item as it was or is, whichever is larger; at least one, also where a condition refused it. */
const writeUnits = (...items: readonly (Item | undefined)[]) => Math.max(1, Math.ceil(Math.max(...items.map(bytesOf)) / 1024))
/** A strongly consistent read unit is 4 KB of what was looked at, and at least one; an eventually consistent one half of it. */
const readUnits = (bytes: number) => Math.max(1, Math.ceil(bytes / 4096))

/**
 * A table in memory that counts what DynamoDB would bill of each request
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations).
 */
export function countedTable(): { readonly table: TableAccess; readonly units: Units } {
  const plain = createPlainTable()
  const units: Units = { writes: 0, indexWrites: 0, reads: 0, requests: 0, byKind: {} }
  const wrote = (key: Key, before: Item | undefined, after: Item | undefined) => {
    units.requests += 1
    const [kind = ''] = /^[A-Z]+(?=#|$)/.exec(key.sk) ?? []
    const isPart = before?.text !== undefined || after?.text !== undefined
    const name = isPart ? `${kind} parts` : key.pk.startsWith('TOTALS') ? 'TOTALS' : kind
    units.byKind[name] = (units.byKind[name] ?? 0) + writeUnits(before, after)
    units.writes += writeUnits(before, after)
    for (const index of [dueIndex, suitesIndex] as const) units.indexWrites += indexUnits(keyAttributes[index], before, after)
  }
  const refused = async (key: Key) => {
    const stored = await plain.get(key)
    wrote(key, stored, stored)
  }
  const table: TableAccess = {
    get: async (key) => {
      const item = await plain.get(key)
      units.requests += 1
      units.reads += readUnits(bytesOf(item))
      return item
    },
    getAll: async (keys) => {
      const items = await plain.getAll(keys)
      units.requests += 1
      units.reads += keys.length - items.length
      for (const item of items) units.reads += readUnits(bytesOf(item))
      return items
    },
    put: async (item, condition) => {
      const written = await plain.put(item, condition)
      if (written === false) await refused(item)
      else wrote(item, written.before, item)
      return written
    },
    update: async (key, attributes, condition) => {
      const written = await plain.update(key, attributes, condition)
      if (written === false) await refused(key)
      else wrote(key, written.before, merged(key, written.before, attributes))
      return written
    },
    add: async (key, addition, condition) => {
      const before = await plain.get(key)
      const isDone = await plain.add(key, addition, condition)
      wrote(key, before, isDone ? merged(key, before, { ...addition.set, ...sums(before, addition.amounts) }) : before)
      return isDone
    },
    delete: async (key, condition) => {
      const before = await plain.get(key)
      const isDone = await plain.delete(key, condition)
      wrote(key, before, isDone ? undefined : before)
      return isDone
    },
    query: async (query, limit) => {
      const items = await plain.query(query, limit)
      units.requests += 1
      const read = readUnits(items.reduce((sum, item) => sum + bytesOf(item), 0))
      units.reads += query.from === 'items' ? read : read / 2
      return items
    },
  }
  return { table, units }
}

/** An item that enters or leaves an index is one write of it, one that moves within it two, one that stays as it is none. */
function indexUnits([partition, sort]: readonly [string, string], before: Item | undefined, after: Item | undefined): number {
  const isIn = (item: Item | undefined): item is Item => item?.[partition] !== undefined && item[sort] !== undefined
  if (!isIn(before)) return isIn(after) ? writeUnits(after) : 0
  if (!isIn(after)) return writeUnits(before)
  if (before[partition] !== after[partition] || before[sort] !== after[sort]) return writeUnits(before) + writeUnits(after)
  return JSON.stringify(before) === JSON.stringify(after) ? 0 : writeUnits(before, after)
}

/** All stores over such a table. */
export function countedStore(clock: Clock): { readonly store: Store; readonly units: Units } {
  const { table, units } = countedTable()
  return { store: createTableStore({ table, clock, close: async () => {} }), units }
}
