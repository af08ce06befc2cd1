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
import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import { toStoreError } from './errors.ts'
import type { Key } from './keys.ts'

/** What an item holds; undefined values are not stored. */
export type Attributes = Readonly<Record<string, unknown>>
/** An item with its key. */
export type Item = Key & Attributes

/** A named condition and the values it compares with. */
export interface Condition {
  readonly expression: string
  readonly values?: Attributes
}

/** The table by its single-item operations; conditional writes answer whether they were applied. */
export interface TableAccess {
  /** Strongly consistent. */
  get(key: Key): Promise<Item | undefined>
  /** Strongly consistent, in one request; what is absent is left out. */
  getAll(keys: readonly Key[]): Promise<readonly Item[]>
  put(item: Item, condition?: Condition): Promise<boolean>
  /** Sets these attributes and leaves the others. */
  update(key: Key, attributes: Attributes, condition: Condition): Promise<boolean>
  /** Adds to these numbers (absent ones are 0), sets these attributes, and leaves the others. */
  add(
    key: Key,
    change: { readonly amounts: Readonly<Record<string, number>>; readonly set: Attributes },
    condition: Condition,
  ): Promise<boolean>
  delete(key: Key, condition?: Condition): Promise<boolean>
  /** Every page, up to `limit` items. */
  query(input: Omit<QueryCommandInput, 'TableName'>, limit?: number): Promise<readonly Item[]>
}

const maxItemBytes = 400 * 1024

/** Opens a table: the one place that talks to the SDK, maps its errors and follows its pages. */
export function createTableAccess(client: DynamoDBDocumentClient, table: string): TableAccess {
  const tried = (verb: string, key: Key) => `${verb} ${key.pk} / ${key.sk} in table ${table}`
  return {
    get: (key) =>
      mapped(tried('get', key), async () => {
        const answer = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }))
        return answer.Item as Item | undefined
      }),
    getAll: (keys) => mapped(`get ${keys.length} items of table ${table}`, () => getAll(client, table, keys)),
    put: (item, condition) =>
      applied(tried('put', item), () => {
        assertFits(item, item)
        return client.send(new PutCommand({ TableName: table, Item: item, ...conditionInput(condition) }))
      }),
    update: ({ pk, sk }, attributes, condition) =>
      applied(tried('update', { pk, sk }), () => {
        assertFits({ pk, sk }, attributes)
        return client.send(new UpdateCommand({ TableName: table, Key: { pk, sk }, ...updateInput(attributes, condition) }))
      }),
    add: ({ pk, sk }, change, condition) =>
      applied(tried('add to', { pk, sk }), () =>
        client.send(new UpdateCommand({ TableName: table, Key: { pk, sk }, ...addInput(change, condition) })),
      ),
    delete: ({ pk, sk }, condition) =>
      applied(tried('delete', { pk, sk }), () =>
        client.send(new DeleteCommand({ TableName: table, Key: { pk, sk }, ...conditionInput(condition) })),
      ),
    query: (input, limit = Number.POSITIVE_INFINITY) =>
      mapped(`query ${input.IndexName ?? 'items'} of table ${table}`, () => queryPages(client, { ...input, TableName: table }, limit)),
  }
}

async function mapped<T>(tried: string, send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    throw toStoreError(error, tried)
  }
}

async function applied(tried: string, send: () => Promise<unknown>): Promise<boolean> {
  return mapped(tried, async () => {
    try {
      await send()
      return true
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false
      throw error
    }
  })
}

function conditionInput(condition: Condition | undefined): object {
  if (condition === undefined) return {}
  return { ConditionExpression: condition.expression, ...(condition.values && { ExpressionAttributeValues: condition.values }) }
}

function updateInput(attributes: Attributes, condition: Condition) {
  const names = Object.keys(attributes).filter((name) => attributes[name] !== undefined)
  return {
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ConditionExpression: condition.expression,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: { ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name]])), ...condition.values },
  }
}

function addInput(change: { readonly amounts: Readonly<Record<string, number>>; readonly set: Attributes }, condition: Condition) {
  const added = Object.entries(change.amounts)
  const set = Object.entries(change.set)
  return {
    ConditionExpression: condition.expression,
    UpdateExpression: `SET ${set.map((_, i) => `#s${i} = :s${i}`).join(', ')} ADD ${added.map((_, i) => `#a${i} :a${i}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries([
      ...set.map(([name], i) => [`#s${i}`, name]),
      ...added.map(([name], i) => [`#a${i}`, name]),
    ]),
    ExpressionAttributeValues: Object.fromEntries([
      ...set.map(([, value], i) => [`:s${i}`, value]),
      ...added.map(([, value], i) => [`:a${i}`, value]),
      ...Object.entries(condition.values ?? {}),
    ]),
  }
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

/** Refuses before DynamoDB does, with figures; the JSON text is a close upper bound of what it counts. */
function assertFits(key: Key, attributes: Attributes): void {
  const bytes = Buffer.byteLength(JSON.stringify(attributes))
  if (bytes <= maxItemBytes) return
  const message = `${key.pk} / ${key.sk} has ${bytes} bytes, more than the ${maxItemBytes} that DynamoDB stores in one item; use fewer targets`
  throw new FaultlineError('invalid', message)
}
