import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { GroupCommit } from '../../../lib/adapters/sqlite/group-commit.ts'

let directory: string
let db: DatabaseSync
let transactions: string[]
let together: GroupCommit

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-ledger-'))
  db = new DatabaseSync(join(directory, 'ledger.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (k TEXT PRIMARY KEY)')
  transactions = []
  together = new GroupCommit(db, async (tried, transaction) => {
    transactions.push(tried)
    return transaction()
  })
})

afterEach(async () => {
  db.close()
  await rm(directory, { recursive: true, force: true })
})

const add = (k: string) => (on: DatabaseSync) => on.prepare('INSERT INTO t VALUES (?)').run(k).changes
/** As another process sees it: what is on disk. */
function stored(): readonly unknown[] {
  const beside = new DatabaseSync(join(directory, 'ledger.sqlite'), { readOnly: true })
  const rows = beside.prepare('SELECT k FROM t ORDER BY k').all()
  beside.close()
  return rows.map(({ k }) => k)
}

describe('writes of one turn', () => {
  test('share one transaction, in their order, and each resolves once all are on disk', async () => {
    const seen = await Promise.all(['a', 'b', 'c'].map((k) => together.write(`put ${k}`, add(k)).then(() => stored())))
    expect(transactions).toEqual(['put a and 2 more writes'])
    expect(seen).toEqual(Array(3).fill(['a', 'b', 'c']))
  })

  test('are judged each upon what those before it wrote', async () => {
    const count = (on: DatabaseSync) => on.prepare('SELECT count(*) AS n FROM t').get()?.n
    const both = [
      together.write('put', add('a')),
      together.write('count', count),
      together.write('put', add('b')),
      together.write('count', count),
    ]
    expect(await Promise.all(both)).toEqual([1, 1, 1, 2])
  })

  test('that throw take back what they did themselves, and nothing of another', async () => {
    const bad = together.write('bad', (on) => {
      add('half')(on)
      throw new Error('too large')
    })
    const results = await Promise.allSettled([together.write('put', add('a')), bad, together.write('put', add('b'))])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(stored()).toEqual(['a', 'b'])
  })

  test('fail together where SQLite fails, and nothing of them is stored', async () => {
    await together.write('put', add('a'))
    const results = await Promise.allSettled([together.write('put', add('b')), together.write('again', add('a'))])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(stored()).toEqual(['a'])
  })

  test('come after those that are being stored, in a transaction of their own', async () => {
    const first = together.write('first', add('a'))
    await new Promise((resolve) => setImmediate(resolve))
    const second = together.write('second', add('b'))
    await together.flushed()
    expect(stored()).toEqual(['a', 'b'])
    await Promise.all([first, second])
    expect(transactions).toEqual(['first', 'second'])
  })
})
