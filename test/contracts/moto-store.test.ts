import { afterAll, beforeAll } from '@jest/globals'
import { auditTableOf } from '../../lib/adapters/dynamodb/audit-table.ts'
import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import { createTableAccess } from '../../lib/adapters/dynamodb/table-access.ts'
import { type Moto, motoCredentials, startMoto } from '../../sandbox/aws/moto.ts'
import { describeWith } from '../support/tools.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { loseAnswersOf } from './lost-answers.ts'
import { nine } from './records.ts'
import { describeStore } from './store-contract.ts'

function describeOnMoto(): void {
  let server: Moto
  let tables = 0

  beforeAll(async () => {
    server = await startMoto()
  }, 60_000)

  afterAll(() => server.close())

  const open = async () => {
    const endpoint = server.url
    // A busy machine may keep moto waiting for long; the test's own limit ends it.
    const client = createDynamoClient({ region: 'eu-central-1', endpoint, credentials: motoCredentials, timeoutMs: 60_000 })
    const table = `faultline-${++tables}`
    await ensureTable(client, table)
    const store = createDynamoStore({ client, table, clock: new VirtualClock(nine) })
    return {
      store,
      table: createTableAccess(client, table),
      trail: createTableAccess(client, auditTableOf(table)),
      answers: loseAnswersOf(client),
      close: store.close,
    }
  }
  describeStore('the DynamoDB adapter on moto_server', open, { atomic: false, inserts: false })
}

describeWith(['moto_server'], 'on moto', describeOnMoto)
