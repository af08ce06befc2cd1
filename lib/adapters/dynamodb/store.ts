import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Clock, Store } from '../../ports.ts'
import { createControlStore } from './controls.ts'
import { createLedgerStore } from './ledger.ts'
import { createLockStore } from './locks.ts'
import { createNoticeStore } from './notices.ts'
import { createRunStore } from './runs.ts'
import { createSampleStore } from './samples.ts'
import { createTableAccess } from './table-access.ts'
import { createTotalsStore } from './totals.ts'

/** The table, and the way to it. */
export interface DynamoStoreOptions {
  /** From `createDynamoClient`; `close` destroys it. */
  readonly client: DynamoDBDocumentClient
  readonly table: string
  readonly clock: Clock
}

/** All stores over one table; the table must exist (deployed, or by `ensureTable`). */
export function createDynamoStore({ client, table, clock }: DynamoStoreOptions): Store {
  const access = createTableAccess(client, table)
  return {
    runs: createRunStore(access, clock),
    ledger: createLedgerStore(access),
    locks: createLockStore(access),
    controls: createControlStore(access),
    notices: createNoticeStore(access),
    totals: createTotalsStore(access),
    samples: createSampleStore(access),
    close: async () => client.destroy(),
  }
}
