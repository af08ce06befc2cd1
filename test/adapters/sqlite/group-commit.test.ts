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
let isDiskSlow: boolean
let flushes: { readonly tried: string; resolve(): void; reject(error: Error): void }[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-ledger-'))
  db = new DatabaseSync(join(directory, 'ledger.sqlite'))
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (k TEXT PRIMARY KEY)')
  transactions = []
  flushes = []
  isDiskSlow = false
  together = new GroupCommit(db, {
    attempt: async (tried, transaction) => {
      transactions.push(tried)
      return transaction()
    },
    flush: (tried) => new Promise((resolve, reject) => flushes.push({ tried, resolve, reject })),
  })
  void (async () => {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (db.isOpen === false) return
      if (!isDiskSlow) for (const { resolve } of flushes.splice(0)) resolve()
    }
  })()
})

afterEach(async () => {
  db.close()
  await rm(directory, { recursive: true, force: true })
})

/** So many that a write begins, and is committed. */
async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve))
}

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

  test('are not answered before the flush that follows them, and those that come meanwhile share the next one', async () => {
    isDiskSlow = true
    const answered: string[] = []
    const put = (k: string) => together.write(`put ${k}`, add(k)).then(() => answered.push(k))
    const first = put('a')
    await turns()
    expect([answered, stored(), flushes.map(({ tried }) => tried)]).toEqual([[], ['a'], ['put a']])
    const others = [put('b'), put('c')]
    await turns()
    expect([answered, stored()]).toEqual([[], ['a']])
    flushes.shift()?.resolve()
    await first
    await turns()
    expect([answered, stored(), flushes.map(({ tried }) => tried)]).toEqual([['a'], ['a', 'b', 'c'], ['put b and 1 more writes']])
    flushes.shift()?.resolve()
    await Promise.all(others)
    expect(answered).toEqual(['a', 'b', 'c'])
  })

  test('fail with a flush that fails: nothing tells whether they are on disk', async () => {
    isDiskSlow = true
    const written = Promise.allSettled([together.write('put', add('a')), together.write('put', add('b'))])
    await turns()
    flushes.shift()?.reject(new Error('EIO'))
    expect((await written).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    isDiskSlow = false
    await together.write('put', add('c'))
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
