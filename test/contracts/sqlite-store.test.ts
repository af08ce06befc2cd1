import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabaseIn, openDatabaseInMemory } from '../../lib/adapters/sqlite/database.ts'
import { createTableAccess } from '../../lib/adapters/sqlite/table-access.ts'
import { createTableStore } from '../../lib/adapters/table/store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { repeatingLostWrites } from './lost-answers.ts'
import { nine } from './records.ts'
import { describeStore } from './store-contract.ts'
import type { StoreUnderTest } from './store-harness.ts'

function over(database: Database, close: () => Promise<void>): StoreUnderTest {
  const table = createTableAccess(database)
  const { answers, access } = repeatingLostWrites(table)
  return { store: createTableStore({ table: access, clock: new VirtualClock(nine), close }), table, trail: table, answers, close }
}

describeStore('the SQLite adapter on disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-store-'))
  const database = await openDatabaseIn(directory)
  return over(database, async () => {
    await database.close()
    await rm(directory, { recursive: true, force: true })
  })
})

describeStore('the SQLite adapter in memory', async () => {
  const database = await openDatabaseInMemory()
  return over(database, database.close)
})
