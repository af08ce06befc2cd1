import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { StoreUnavailable } from '../../domain/errors.ts'
import { assertFits } from '../table/item-size.ts'
import type { Key } from '../table/keys.ts'
import type { Item, TableAccess, Written } from '../table/table-access.ts'
import { toStoreError } from './errors.ts'
import { addInput, conditionInput, queryInput, updateInput } from './expressions.ts'

/** Opens a table: the one place that talks to the SDK, maps its errors and follows its pages. */
export function createTableAccess(client: DynamoDBDocumentClient, table: string): TableAccess {
  const tried = (verb: string, key: Key) => `${verb} ${key.pk} / ${key.sk} in table ${table}`
  return {
    get: (key) =>
      mapped(tried('get', key), async () => {
        const answer = await client.send(new GetCommand({ TableName: table, Key: keyOf(key), ConsistentRead: true }))
        return answer.Item as Item | undefined
      }),
    getAll: (keys) => mapped(`get ${keys.length} items of table ${table}`, () => getAll(client, table, keys)),
    put: (item, condition) =>
      written(tried('put', item), () => {
        assertFits(item, item)
        return client.send(new PutCommand({ TableName: table, Item: item, ReturnValues: 'ALL_OLD', ...conditionInput(condition) }))
      }),
    update: (key, attributes, condition) =>
      written(tried('update', key), () => {
        assertFits(key, attributes)
        const input = { TableName: table, Key: keyOf(key), ReturnValues: 'ALL_OLD' as const, ...updateInput(attributes, condition) }
        return client.send(new UpdateCommand(input))
      }),
    add: (key, addition, condition) =>
      applied(tried('add to', key), () =>
        client.send(new UpdateCommand({ TableName: table, Key: keyOf(key), ...addInput(addition, condition) })),
      ),
    delete: (key, condition) =>
      applied(tried('delete', key), () =>
        client.send(new DeleteCommand({ TableName: table, Key: keyOf(key), ...conditionInput(condition) })),
      ),
    query: (query, limit = Number.POSITIVE_INFINITY) =>
      mapped(`query ${query.from} of ${query.partition} in table ${table}`, () =>
        queryPages(client, { ...queryInput(query), TableName: table }, limit),
      ),
  }
}

/** An item may be given for its key; DynamoDB takes nothing beside it. */
const keyOf = ({ pk, sk }: Key) => ({ pk, sk })

async function mapped<T>(tried: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw toStoreError(error, tried)
  }
}

async function applied(tried: string, send: () => Promise<object>): Promise<boolean> {
  return (await written(tried, send)) !== false
}

async function written(tried: string, send: () => Promise<{ readonly Attributes?: object | undefined }>): Promise<Written> {
  return mapped(tried, async () => {
    try {
      return { before: (await send()).Attributes as Item | undefined }
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false
      throw error
    }
  })
}

async function queryPages(client: DynamoDBDocumentClient, input: QueryCommandInput, limit: number): Promise<readonly Item[]> {
  const items: Item[] = []
  let start: QueryCommandInput['ExclusiveStartKey']
  do {
    const left = limit - items.length
    const page = { ...(Number.isFinite(left) && { Limit: left }), ...(start !== undefined && { ExclusiveStartKey: start }) }
    const answer = await client.send(new QueryCommand({ ...input, ...page }))
    items.push(...((answer.Items ?? []) as Item[]))
    start = answer.LastEvaluatedKey
  } while (start !== undefined && items.length < limit)
  return items
}

async function getAll(client: DynamoDBDocumentClient, table: string, keys: readonly Key[]): Promise<readonly Item[]> {
  const items: Item[] = []
  let wanted: readonly object[] = keys
  for (let attempt = 0; wanted.length > 0 && attempt < 4; attempt++) {
    const answer = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: [...wanted], ConsistentRead: true } } }))
    items.push(...((answer.Responses?.[table] ?? []) as Item[]))
    wanted = answer.UnprocessedKeys?.[table]?.Keys ?? []
  }
  if (wanted.length > 0) throw new StoreUnavailable(`get ${keys.length} items of table ${table}: ${wanted.length} were left unread`)
  return items
}
