import type { Clock, Store } from '../../ports.ts'
import { createTableStore } from '../table/store.ts'
import { type Database, openDatabaseIn, openDatabaseInMemory } from './database.ts'
import { createTableAccess } from './table-access.ts'

/**
 * Opens the ledger of a state directory: one SQLite file, which any number of processes of this machine open themselves. What is past
 * its time goes when it is opened.
 */
export async function openSqliteStore({ directory, clock }: { readonly directory: string; readonly clock: Clock }): Promise<Store> {
  return storeOver(await openDatabaseIn(directory), clock)
}

/** The same store in memory, for tests and simulations. */
export async function openMemoryStore(clock: Clock): Promise<Store> {
  return storeOver(await openDatabaseInMemory(), clock)
}

async function storeOver(database: Database, clock: Clock): Promise<Store> {
  if (!database.isReadOnly) await dropExpired(database, clock.now())
  return createTableStore({ table: createTableAccess(database), clock, close: database.close })
}

/** DynamoDB does this by itself. Looked for first, so that opening a ledger with nothing expired writes nothing. */
async function dropExpired(database: Database, now: number): Promise<void> {
  const expired = await database.read('look for what is expired', (db) =>
    db.prepare('SELECT 1 FROM items WHERE ttl < ? LIMIT 1').get(now / 1_000),
  )
  if (expired === undefined) return
  await database.write('drop what is expired', (db) => db.prepare('DELETE FROM items WHERE ttl < ?').run(now / 1_000))
}
