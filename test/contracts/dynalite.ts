import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { auditTableOf } from '../../lib/adapters/dynamodb/audit-table.ts'
import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import { createTableAccess } from '../../lib/adapters/dynamodb/table-access.ts'
import { startDynalite } from '../../sandbox/aws/dynalite.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { loseAnswersOf } from './lost-answers.ts'
import { nine } from './records.ts'
import type { StoreUnderTest } from './store-harness.ts'

/** The DynamoDB adapter, over HTTP, on a dynalite of its own in memory. */
export async function openDynaliteStore(): Promise<StoreUnderTest & { readonly client: DynamoDBDocumentClient }> {
  const server = await startDynalite()
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const client = createDynamoClient({ region: 'local', endpoint: server.url, credentials, timeoutMs: 20_000 })
  await ensureTable(client, 'faultline-test')
  const store = createDynamoStore({ client, table: 'faultline-test', clock: new VirtualClock(nine) })
  const close = async () => {
    await store.close()
    await server.close()
  }
  return {
    store,
    client,
    table: createTableAccess(client, 'faultline-test'),
    trail: createTableAccess(client, auditTableOf('faultline-test')),
    answers: loseAnswersOf(client),
    close,
  }
}
