import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Database, openDatabaseIn } from '../../../lib/adapters/sqlite/database.ts'
import { toStoreError } from '../../../lib/adapters/sqlite/errors.ts'
import { assertUsable } from '../../../lib/adapters/sqlite/location.ts'
import { openSqliteStore } from '../../../lib/adapters/sqlite/store.ts'
import { createTableAccess } from '../../../lib/adapters/sqlite/table-access.ts'
import { StoreUnavailable } from '../../../lib/domain/errors.ts'
import type { Store } from '../../../lib/ports.ts'
import { endedRun, nine, plannedInjection, requestedRun } from '../../contracts/records.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

let directory: string
let opened: { close(): Promise<void> }[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-ledger-'))
})

afterEach(async () => {
  for (const one of opened) await one.close()
  opened = []
  await rm(directory, { recursive: true, force: true })
})

const file = () => join(directory, 'ledger.sqlite')

async function open(now = nine): Promise<Store> {
  const store = await openSqliteStore({ directory, clock: new VirtualClock(now) })
  opened.push(store)
  return store
}

async function openRaw(): Promise<Database> {
  const database = await openDatabaseIn(directory)
  opened.push(database)
  return database
}

/** Another connection, as another process has it. */
function openBeside(): DatabaseSync {
  const beside = new DatabaseSync(file())
  opened.push({ close: async () => beside.close() })
  return beside
}

describe('a ledger on disk', () => {
  test('is for its owner only', async () => {
    await open()
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    expect((await stat(`${file()}-wal`)).mode & 0o777).toBe(0o600)
  })

  test('shows what another connection wrote, at once', async () => {
    const [a, b] = [await open(), await open()]
    await a.runs.create(requestedRun('r1'))
    expect(await b.runs.load('r1')).toEqual(requestedRun('r1'))
    expect(await b.runs.create(requestedRun('r1'))).toBe(false)
  })

  test('forgets an ended run when it is opened after its 30 days, and not before', async () => {
    const { runs, ledger } = await open()
    await runs.create(requestedRun('r1'))
    await ledger.add(plannedInjection('r1', 0, 0))
    await runs.save(endedRun(requestedRun('r1')))
    expect(await (await open(Date.UTC(2026, 1, 4, 9, 9, 59))).ledger.list('r1')).toHaveLength(1)
    const later = await open(Date.UTC(2026, 1, 4, 9, 10, 1))
    expect(await later.runs.load('r1')).toBeUndefined()
    expect(await later.ledger.list('r1')).toEqual([])
    expect(await later.runs.list()).toEqual([])
  })

  test('of the version before is read on, and an older version is kept from what is written from now on', async () => {
    await (await open()).close()
    const beside = openBeside()
    const insert = beside.prepare('INSERT INTO items (pk, sk, phase, phaseAt, suite, requestedAt, item) VALUES (?, ?, ?, ?, ?, ?, ?)')
    const run = { pk: 'RUN#r1', sk: 'RUN', phase: 'live', phaseAt: nine, suite: 'Quick', requestedAt: nine, version: 1, saveId: 's' }
    insert.run('RUN#r1', 'RUN', 'live', nine, 'Quick', nine, JSON.stringify({ ...run, body: requestedRun('r1') }))
    const entry = { pk: 'RUN#r1', sk: 'INJECTION#00000#000000', version: 1, saveId: 's', body: plannedInjection('r1', 0, 0) }
    insert.run(entry.pk, entry.sk, null, null, null, null, JSON.stringify(entry))
    beside.exec('PRAGMA user_version = 1')
    const store = await open()
    expect(await store.runs.load('r1')).toEqual(requestedRun('r1'))
    expect(await store.ledger.list('r1')).toEqual([plannedInjection('r1', 0, 0)])
    expect((await store.runs.due(nine)).map(({ id }) => id)).toEqual(['r1'])
    expect(beside.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  })

  test('that this process closed stays closed', async () => {
    const store = await open()
    await store.close()
    await expect(store.runs.load('r1')).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a busy ledger', () => {
  test('is waited for while everything else goes on', async () => {
    const store = await open()
    const beside = openBeside()
    beside.exec('BEGIN IMMEDIATE')
    const created = store.runs.create(requestedRun('r1'))
    let turns = 0
    const turning = setInterval(() => turns++, 1)
    await sleep(200)
    clearInterval(turning)
    expect(turns).toBeGreaterThan(5)
    beside.exec('ROLLBACK')
    expect(await created).toBe(true)
  })

  test('can be read meanwhile', async () => {
    const store = await open()
    openBeside().exec('BEGIN IMMEDIATE')
    expect(await store.runs.load('r1')).toBeUndefined()
  })

  test('that stays so is told as that', async () => {
    const store = await open()
    openBeside().exec('BEGIN IMMEDIATE')
    const refused = await store.runs.create(requestedRun('r1')).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StoreUnavailable)
    expect(refused).toMatchObject({ message: expect.stringContaining(`another process keeps ${file()} locked`) })
  })
})

describe('a ledger that cannot be used', () => {
  test('of a newer version is refused', async () => {
    await open()
    openBeside().exec('PRAGMA user_version = 3')
    await expect(open()).rejects.toMatchObject({ code: 'bad_input', message: expect.stringContaining('newer version of faultline') })
  })

  test('that is no database is told as damaged, with what to do', async () => {
    await writeFile(file(), 'not a database, but long enough to be looked at\n'.repeat(100))
    const damaged = { code: 'invalid', retryable: false, message: expect.stringContaining(`mv ${file()} ${file()}.damaged`) }
    await expect(open()).rejects.toMatchObject(damaged)
  })

  test('of an older version names what to do', async () => {
    await mkdir(join(directory, 'db'))
    await writeFile(join(directory, 'db', 'CURRENT'), 'MANIFEST-000001\n')
    await expect(open()).rejects.toMatchObject({ code: 'bad_input', message: expect.stringContaining('"faultline reap"') })
    await rename(join(directory, 'db'), join(directory, 'db.old'))
    await open()
  })

  test('on a network file system is refused', () => {
    expect(() => assertUsable(directory, () => 0x6969)).toThrow(/network file system \(NFS\)/)
    // SMB2's number has the sign bit set
    expect(() => assertUsable(directory, () => 0xfe534d42 | 0)).toThrow(/network file system \(SMB\)/)
    expect(() => assertUsable(directory, () => 0xef53)).not.toThrow()
  })

  test.each([
    [8, 'forbidden', 'cannot be written'],
    [14, 'forbidden', 'cannot be written'],
    [11, 'invalid', 'is damaged'],
    [13, 'unavailable', 'no space is left'],
    [5, 'unavailable', 'locked'],
    [10, 'unavailable', 'could not be read or written'],
    // extended codes: SQLITE_READONLY_DBMOVED, SQLITE_CORRUPT_INDEX, SQLITE_BUSY_SNAPSHOT
    [1032, 'forbidden', 'cannot be written'],
    [779, 'invalid', 'is damaged'],
    [517, 'unavailable', 'locked'],
  ])('SQLite code %i is %s', (errcode, code, text) => {
    const error = toStoreError(Object.assign(new Error('so it is'), { errcode }), { file: file(), directory, tried: 'put r1' })
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) })
  })

  test('a bug stays the error it is', () => {
    const bug = new TypeError('x is not a function')
    expect(toStoreError(bug, { file: file(), directory, tried: 'put r1' })).toBe(bug)
  })
})

describe('a ledger that is lost in the middle', () => {
  const lost = { code: 'unavailable', message: expect.stringContaining('was removed or replaced while it was in use') }

  test('because its directory was removed', async () => {
    const store = await open()
    await rm(directory, { recursive: true })
    await expect(store.runs.create(requestedRun('r1'))).rejects.toMatchObject(lost)
    await expect(store.runs.load('r1')).rejects.toMatchObject(lost)
  })

  test('because another stands in its place', async () => {
    const store = await open()
    await rename(file(), `${file()}.old`)
    await writeFile(file(), '')
    await expect(store.controls.read({ id: 'r1', suite: 'Quick' })).rejects.toMatchObject(lost)
  })
})

describe('a disk that fills up', () => {
  test('is told as that, changes nothing, and is written to again once there is room', async () => {
    const database = await openRaw()
    const table = createTableAccess(database)
    const limit = (pages: number) => database.read('limit', (db) => db.exec(`PRAGMA max_page_count = ${pages}`))
    await table.put({ pk: 'RUN#r1', sk: 'RUN', body: 'small' })
    await limit(1)
    const refused = await table.put({ pk: 'RUN#r1', sk: 'RUN', body: 'x'.repeat(100_000) }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StoreUnavailable)
    expect(refused).toMatchObject({ message: expect.stringMatching(/no space is left for .*ledger\.sqlite: put RUN#r1/) })
    expect((await table.get({ pk: 'RUN#r1', sk: 'RUN' }))?.body).toBe('small')
    await limit(1_000)
    expect(await table.put({ pk: 'RUN#r1', sk: 'RUN', body: 'x'.repeat(100_000) })).not.toBe(false)
  })

  test('leaves the reserve to a run that is under way', async () => {
    await open()
    expect((await stat(join(directory, 'reserve'))).size).toBe(4 * 1024 * 1024)
  })
})
