import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Clock, Store } from '../../ports.ts'
import { createTableStore } from '../table/store.ts'
import { auditTableOf, createAuditAccess } from './audit-table.ts'
import { createTableAccess } from './table-access.ts'

/** The table, and the way to it. */
export interface DynamoStoreOptions {
  /** From `createDynamoClient`; `close` destroys it. */
  readonly client: DynamoDBDocumentClient
  readonly table: string
  readonly clock: Clock
}

/** All stores over one table, and the audit trail over the one beside it; both must exist (deployed, or by `ensureTable`). */
export function createDynamoStore({ client, table, clock }: DynamoStoreOptions): Store {
  return createTableStore({
    table: createTableAccess(client, table),
    audit: createAuditAccess(client, auditTableOf(table)),
    clock,
    close: async () => client.destroy(),
  })
}
