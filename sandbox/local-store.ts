import { resolve } from 'node:path'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createDynamoClient } from '../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../lib/adapters/dynamodb/table.ts'
import type { Clock, Store } from '../lib/ports.ts'
import { createStoreLink } from './local-store/link.ts'
import { relayThrough } from './local-store/relay.ts'

/** Name of the one table of a local store. */
export const localTable = 'faultline'

/** Where the store is, and the time as the engine sees it. */
export interface LocalStoreOptions {
  /** Usually `.faultline`; holds the database and the address of the process that serves it. */
  readonly directory: string
  readonly clock: Clock
}

/** The store, and what only a local one can tell. */
export interface LocalStore extends Store {
  /** Whether this process serves the store to the others. */
  serving(): boolean
  /** The way to the table below the ports; tests look through it. */
  readonly client: DynamoDBDocumentClient
}

/**
 * Opens the project's store on disk. Any number of processes share it: the first serves, the others connect, and when the server
 * ends, even by kill -9, the next call of another takes over. Throws `StoreUnavailable` when no store can be had within ten seconds.
 */
export async function openLocalStore({ directory, clock }: LocalStoreOptions): Promise<LocalStore> {
  const link = createStoreLink(resolve(directory), clock)
  const client = createDynamoClient({
    region: 'local',
    endpoint: 'http://127.0.0.1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  relayThrough(link, client)
  try {
    await ensureTable(client, localTable)
  } catch (error) {
    client.destroy()
    await link.close()
    throw error
  }
  const store = createDynamoStore({ client, table: localTable, clock })
  return {
    ...store,
    client,
    serving: link.serving,
    close: async () => {
      await store.close()
      await link.close()
    },
  }
}
