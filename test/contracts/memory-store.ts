import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import { keyHeader, startStoreServer } from '../../sandbox/local-store/server.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { nine } from './records.ts'
import type { StoreUnderTest } from './store-harness.ts'

/** The adapter, over HTTP, on a dynalite of its own in memory. */
export async function openMemoryStore(): Promise<StoreUnderTest> {
  const server = await startStoreServer({ now: nine })
  const client = createDynamoClient({
    region: 'local',
    endpoint: `http://127.0.0.1:${server.address.port}`,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> }
      headers[keyHeader] = server.address.key
      return next(args)
    },
    { step: 'build', name: 'storeKey' },
  )
  await ensureTable(client, 'faultline-test')
  const store = createDynamoStore({ client, table: 'faultline-test', clock: new VirtualClock(nine) })
  const close = async () => {
    await store.close()
    await server.close()
  }
  return { store, client, table: 'faultline-test', close }
}
