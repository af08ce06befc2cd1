import { setTimeout as sleep } from 'node:timers/promises'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBServiceException,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { StoreUnavailable } from '../../domain/errors.ts'
import { dueIndex, keyAttributes, suitesIndex } from '../table/table-access.ts'
import { auditTableDefinition, auditTableOf } from './audit-table.ts'
import { toStoreError } from './errors.ts'

/** Epoch seconds; DynamoDB deletes the item some time after. */
const ttlAttribute = 'ttl'

/** What a deployment creates and what the adapter relies on; deployments are tested against it. */
export const tableDefinition = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'phase', AttributeType: 'S' },
    { AttributeName: 'phaseAt', AttributeType: 'N' },
    { AttributeName: 'suite', AttributeType: 'S' },
    { AttributeName: 'requestedAt', AttributeType: 'N' },
  ],
  KeySchema: keySchema('items'),
  GlobalSecondaryIndexes: ([dueIndex, suitesIndex] as const).map((index) => ({
    IndexName: index,
    KeySchema: keySchema(index),
    Projection: { ProjectionType: 'ALL' as const },
  })),
} satisfies Omit<CreateTableCommandInput, 'TableName'>

function keySchema(of: keyof typeof keyAttributes) {
  const [partition, sort] = keyAttributes[of]
  return [
    { AttributeName: partition, KeyType: 'HASH' as const },
    { AttributeName: sort, KeyType: 'RANGE' as const },
  ]
}

/** Creates the table, and the one of the audit trail, where no deployment does (locally, in tests), and returns once both are usable; does nothing where they exist. */
export async function ensureTable(client: DynamoDBDocumentClient, table: string): Promise<void> {
  try {
    const trail = auditTableOf(table)
    if ((await tableStatus(client, table)) === 'absent') await createTable(client, { TableName: table, ...tableDefinition })
    if ((await tableStatus(client, trail)) === 'absent') await createTable(client, { TableName: trail, ...auditTableDefinition })
    await untilActive(client, table)
    await untilActive(client, trail)
    await enableTtl(client, table)
  } catch (error) {
    throw toStoreError(error, `ensuring table ${table}`)
  }
}

async function tableStatus(client: DynamoDBDocumentClient, table: string): Promise<string> {
  try {
    const answer = await client.send(new DescribeTableCommand({ TableName: table }))
    return answer.Table?.TableStatus ?? 'absent'
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return 'absent'
    throw error
  }
}

async function createTable(client: DynamoDBDocumentClient, definition: CreateTableCommandInput): Promise<void> {
  try {
    await client.send(new CreateTableCommand(definition))
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error
  }
}

async function untilActive(client: DynamoDBDocumentClient, table: string): Promise<void> {
  let waitMs = 10
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += waitMs, waitMs = Math.min(waitMs * 2, 2_000)) {
    if ((await tableStatus(client, table)) === 'ACTIVE') return
    await sleep(waitMs)
  }
  throw new StoreUnavailable(`waiting 60 s for table ${table} to become active`)
}

async function enableTtl(client: DynamoDBDocumentClient, table: string): Promise<void> {
  if (await hasTtl(client, table)) return
  try {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification: { AttributeName: ttlAttribute, Enabled: true } }),
    )
  } catch (error) {
    if (isUnsupported(error)) return
    if (!(await hasTtl(client, table))) throw error
  }
}

async function hasTtl(client: DynamoDBDocumentClient, table: string): Promise<boolean> {
  const answer = await client.send(new DescribeTimeToLiveCommand({ TableName: table }))
  const status = answer.TimeToLiveDescription?.TimeToLiveStatus
  return status === 'ENABLED' || status === 'ENABLING'
}

/** Dynalite has no expiry. */
function isUnsupported(error: unknown): boolean {
  return error instanceof DynamoDBServiceException && error.name === 'UnknownOperationException'
}
