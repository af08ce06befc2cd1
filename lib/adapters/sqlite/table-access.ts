import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { Condition } from '../table/conditions.ts'
import { holds, merged, sums } from '../table/item-changes.ts'
import { assertFits } from '../table/item-size.ts'
import type { Key } from '../table/keys.ts'
import { type Item, keyAttributes, type Query, type TableAccess, type Written } from '../table/table-access.ts'
import type { Database } from './database.ts'

const select = 'SELECT item FROM items WHERE pk = ? AND sk = ?'
const replace = 'INSERT OR REPLACE INTO items (pk, sk, phase, phaseAt, suite, requestedAt, ttl, item) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
const remove = 'DELETE FROM items WHERE pk = ? AND sk = ?'

/** Opens the table over SQLite: each conditional write reads, judges and writes in one transaction. */
export function createTableAccess(database: Database): TableAccess {
  const change = (verb: string, key: Key, condition: Condition | undefined, next: (stored: Item | undefined) => Item | undefined) =>
    database.write(`${verb} ${key.pk} / ${key.sk}`, (db): Written => {
      const stored = read(db, key)
      if (condition !== undefined && !condition.some((comparison) => holds(comparison, stored))) return false
      const item = next(stored)
      if (item === undefined) prepared(db, remove).run(key.pk, key.sk)
      else write(db, item)
      return { before: stored }
    })
  const isDone = (written: Written) => written !== false
  return {
    get: (key) => database.read(`get ${key.pk} / ${key.sk}`, (db) => read(db, key)),
    getAll: (keys) =>
      database.read(`get ${keys.length} items`, (db) => keys.map((key) => read(db, key)).filter((item) => item !== undefined)),
    put: (item, condition) => change('put', item, condition, () => item),
    update: (key, attributes, condition) => change('update', key, condition, (stored) => merged(key, stored, attributes)),
    add: async (key, { amounts, set }, condition) =>
      isDone(await change('add to', key, condition, (stored) => merged(key, stored, { ...set, ...sums(stored, amounts) }))),
    delete: async (key, condition) => isDone(await change('delete', key, condition, () => undefined)),
    query: (query, limit) => database.read(`query ${query.from}`, (db) => find(db, query, limit)),
  }
}

/** A driver reads people's switches before each call that harms: making a statement takes longer than carrying it out. */
const statements = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

function prepared(db: DatabaseSync, sql: string): StatementSync {
  const known = statements.get(db) ?? new Map<string, StatementSync>()
  const statement = known.get(sql) ?? db.prepare(sql)
  statements.set(db, known.set(sql, statement))
  return statement
}

function read(db: DatabaseSync, { pk, sk }: Key): Item | undefined {
  const row = prepared(db, select).get(pk, sk)
  return row && (JSON.parse(String(row.item)) as Item)
}

function write(db: DatabaseSync, item: Item): void {
  assertFits(item, item)
  const { pk, sk, phase, phaseAt, suite, requestedAt, ttl } = item
  const columns = [phase, phaseAt, suite, requestedAt, ttl].map((value) => (value ?? null) as SQLInputValue)
  prepared(db, replace).run(pk, sk, ...columns, JSON.stringify(item))
}

function find(db: DatabaseSync, { from, partition, sort, highestFirst = false, keysOnly = false }: Query, limit?: number): readonly Item[] {
  const [partitionName, sortName] = keyAttributes[from]
  const range = sort === undefined ? { where: [], values: [] } : rangeOf(sortName, sort)
  const where = [`${partitionName} = ?`, `${sortName} IS NOT NULL`, ...range.where].join(' AND ')
  const direction = highestFirst ? 'DESC' : 'ASC'
  const columns = keysOnly ? 'pk, sk, ttl' : 'item'
  const statement = prepared(db, `SELECT ${columns} FROM items WHERE ${where} ORDER BY ${sortName} ${direction} LIMIT ?`)
  const rows = statement.all(partition, ...range.values, limit ?? -1)
  return rows.map((row) => (keysOnly ? keysOf(row) : (JSON.parse(String(row.item)) as Item)))
}

function keysOf({ pk, sk, ttl }: Readonly<Record<string, SQLOutputValue>>): Item {
  return { pk: String(pk), sk: String(sk), ...(ttl === null ? {} : { ttl: Number(ttl) }) }
}

/** The highest character of all: every text that begins with a prefix sorts below the prefix and it. */
const lastCharacter = '\u{10FFFF}'

function rangeOf(
  name: string,
  { is, value }: NonNullable<Query['sort']>,
): { readonly where: readonly string[]; readonly values: SQLInputValue[] } {
  if (is === 'beginsWith') return { where: [`${name} >= ?`, `${name} < ?`], values: [value, `${value}${lastCharacter}`] }
  return { where: [`${name} ${{ below: '<', above: '>', upTo: '<=' }[is]} ?`], values: [value] }
}
