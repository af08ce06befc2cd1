import { type DynaliteStore, indexKeyOf, type KeyRange, type LevelOperation } from './dynalite.ts'

interface Index {
  readonly IndexName: string
  readonly IndexStatus: string
  readonly KeySchema: readonly { readonly AttributeName: string }[]
}
interface Table {
  readonly TableName: string
  readonly TableStatus: string
  readonly GlobalSecondaryIndexes?: readonly Index[]
}
type StoredItem = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>

/**
 * Makes good what a killed server left, before anyone is served. Dynalite writes an item's index entries and then the item, each
 * alone: killed in between, a live run could be missing from the `due` index for good, and nobody would ever revert it. So every
 * index is built anew from the items. A table left half created becomes active; items past their ttl go, as DynamoDB would have it.
 */
export async function repair(store: DynaliteStore, now: number): Promise<void> {
  for await (const [key, value] of store.db.iterator(prefixed('table~'))) {
    const table = value as Table
    await store.db.batch([{ type: 'put', key, value: activated(table) }])
    await dropExpired(store, table, now)
    for (const index of table.GlobalSecondaryIndexes ?? []) await rebuild(store, table, index)
  }
}

const prefixed = (prefix: string): KeyRange => ({ gte: prefix, lt: `${prefix}\xff` })

const itemsOf = (table: Table) => prefixed(`item-${table.TableName}~`)

function activated(table: Table): Table {
  const { GlobalSecondaryIndexes: indexes } = table
  const active = indexes && { GlobalSecondaryIndexes: indexes.map((index) => ({ ...index, IndexStatus: 'ACTIVE' })) }
  return { ...table, TableStatus: 'ACTIVE', ...active }
}

async function dropExpired(store: DynaliteStore, table: Table, now: number): Promise<void> {
  const expired: LevelOperation[] = []
  for await (const [key, value] of store.db.iterator(itemsOf(table))) {
    const ttl = (value as StoredItem).ttl?.N
    if (ttl !== undefined && Number(ttl) * 1_000 < now) expired.push({ type: 'del', key })
  }
  await store.db.batch(expired)
}

async function rebuild(store: DynaliteStore, table: Table, index: Index): Promise<void> {
  const prefix = `index-global~${table.TableName}~${index.IndexName}~`
  await store.db.clear(prefixed(prefix))
  const entries: LevelOperation[] = []
  for await (const [, value] of store.db.iterator(itemsOf(table))) {
    const item = value as StoredItem
    const indexed = index.KeySchema.every(({ AttributeName }) => item[AttributeName] !== undefined)
    if (indexed) entries.push({ type: 'put', key: prefix + indexKeyOf(item, table, index.KeySchema), value: item })
  }
  await store.db.batch(entries)
}
