import type { Condition } from '../../lib/adapters/table/conditions.ts'
import { holds, merged, sums } from '../../lib/adapters/table/item-changes.ts'
import { assertFits } from '../../lib/adapters/table/item-size.ts'
import type { Key } from '../../lib/adapters/table/keys.ts'
import { createTableStore } from '../../lib/adapters/table/store.ts'
import { type Item, keyAttributes, type Query, type TableAccess, type Written } from '../../lib/adapters/table/table-access.ts'
import { recordLimitBytes } from '../../lib/domain/record-size.ts'
import type { Clock, Store } from '../../lib/ports.ts'
import { plainCopy } from '../../sandbox/plain.ts'

/** All stores over a table of plain objects, for simulations: the contract of the other adapters, without a database and without JSON. */
export function openPlainStore(clock: Clock): Store {
  return createTableStore({ table: createPlainTable(), clock, close: async () => {} })
}

/** Items are copied on their way in and frozen, so that they can be handed out as they are. */
export function createPlainTable(): TableAccess {
  const partitions = new Map<string, Map<string, Item>>()
  const change = async (
    key: Key,
    condition: Condition | undefined,
    next: (stored: Item | undefined) => Item | undefined,
  ): Promise<Written> => {
    const items = partitions.get(key.pk) ?? new Map<string, Item>()
    partitions.set(key.pk, items)
    const stored = items.get(key.sk)
    if (condition !== undefined && !condition.some((comparison) => holds(comparison, stored))) return false
    const item = next(stored)
    if (item === undefined) items.delete(key.sk)
    else items.set(key.sk, kept(item))
    return { before: stored }
  }
  const isDone = (written: Written) => written !== false
  const read = ({ pk, sk }: Key) => partitions.get(pk)?.get(sk)
  return {
    get: async (key) => read(key),
    getAll: async (keys) => keys.map(read).filter((item) => item !== undefined),
    put: (item, condition) => change(item, condition, () => item),
    update: (key, attributes, condition) => change(key, condition, (stored) => merged(key, stored, attributes)),
    add: async (key, { amounts, set }, condition) =>
      isDone(await change(key, condition, (stored) => merged(key, stored, { ...set, ...sums(stored, amounts) }))),
    delete: async (key, condition) => isDone(await change(key, condition, () => undefined)),
    query: async (query, limit) => {
      const places = query.from === 'items' ? [partitions.get(query.partition)] : [...partitions.values()]
      return found(
        places.flatMap((items) => [...(items?.values() ?? [])]),
        query,
      ).slice(0, limit)
    },
  }
}

/** DynamoDB counts no more than three bytes for a character of JSON; counting exactly takes ten times as long. */
const mostBytesPerCharacter = 3

function kept(item: Item): Item {
  if (JSON.stringify(item).length * mostBytesPerCharacter > recordLimitBytes) assertFits(item, item)
  return frozen(plainCopy(item))
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(Object.freeze(value))) frozen(inner)
  return value
}

function found(items: readonly Item[], { from, partition, sort, highestFirst = false }: Query): readonly Item[] {
  const [partitionName, sortName] = keyAttributes[from]
  const value = (item: Item) => item[sortName] as string | number
  const inPartition = items.filter((item) => item[partitionName] === partition && item[sortName] !== undefined && fits(value(item), sort))
  const direction = highestFirst ? -1 : 1
  return inPartition.sort((a, b) => (value(a) === value(b) ? 0 : value(a) < value(b) ? -direction : direction))
}

function fits(value: string | number, sort: Query['sort']): boolean {
  switch (sort?.is) {
    case undefined:
      return true
    case 'beginsWith':
      return String(value).startsWith(String(sort?.value))
    case 'below':
      return value < sort.value
    case 'above':
      return value > sort.value
    case 'upTo':
      return value <= sort.value
  }
}
