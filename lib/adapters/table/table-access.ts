import type { Condition } from './conditions.ts'
import type { Key } from './keys.ts'

/** What an item holds: values of JSON; undefined ones are not stored. */
export type Attributes = Readonly<Record<string, unknown>>
/** An item with its key. */
export type Item = Key & Attributes

/** Runs by phase: live ones by the time they are due, ended ones by the time they were requested. */
export const dueIndex = 'due'

/** Runs by suite name and the time they were requested. */
export const suitesIndex = 'suites'

/** Partition and sort attribute of the table itself and of each index; an item without both is not in the index. */
export const keyAttributes = {
  items: ['pk', 'sk'],
  [dueIndex]: ['phase', 'phaseAt'],
  [suitesIndex]: ['suite', 'requestedAt'],
} as const

/** Items of one partition, ordered by their sort attribute. */
export interface Query {
  /** `items`, the table itself, is read strongly consistent; an index may lag behind. */
  readonly from: keyof typeof keyAttributes
  readonly partition: string
  /** All of the partition when left out; `upTo` includes its bound, `below` and `above` do not. */
  readonly sort?: { readonly is: 'beginsWith' | 'below' | 'above' | 'upTo'; readonly value: string | number }
  /** Lowest sort attribute first when left out. */
  readonly highestFirst?: boolean
  /** Only key and `ttl` of each item: what is large is not sent. */
  readonly keysOnly?: boolean
}

/** False when the condition did not hold; else what the item was before, undefined where there was none. */
export type Written = false | { readonly before: Item | undefined }

/** Amounts are added (absent ones are 0), attributes of `set` replaced, all others left. */
export interface Addition {
  readonly amounts: Readonly<Record<string, number>>
  readonly set: Attributes
}

/**
 * A table by its single-item operations. Guaranteed: a write with a condition is atomic and answers whether it was applied; a read of
 * items sees every write that was answered. Not guaranteed: anything across two items. Every method may throw `StoreUnavailable`;
 * the write may then have been applied. An item above 400 KB is `invalid`.
 */
export interface TableAccess {
  get(key: Key): Promise<Item | undefined>
  /** In one read; what is absent is left out. */
  getAll(keys: readonly Key[]): Promise<readonly Item[]>
  put(item: Item, condition?: Condition): Promise<Written>
  /** Sets these attributes and leaves the others. */
  update(key: Key, attributes: Attributes, condition: Condition): Promise<Written>
  add(key: Key, addition: Addition, condition: Condition): Promise<boolean>
  delete(key: Key, condition?: Condition): Promise<boolean>
  /** Every page, up to `limit` items. */
  query(query: Query, limit?: number): Promise<readonly Item[]>
}
