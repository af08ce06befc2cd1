import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** What the adapter asks of DynamoDB; all else is answered as unknown. */
const operations = [
  'CreateTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'PutItem',
  'GetItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'BatchGetItem',
] as const
type Operation = (typeof operations)[number]

/** The LevelDB below dynalite (npm `abstract-level`), with JSON values. */
interface LevelDatabase {
  open(): Promise<void>
  close(): Promise<void>
  iterator(range: KeyRange): AsyncIterable<[string, unknown]>
  clear(range: KeyRange): Promise<void>
  batch(operations: readonly LevelOperation[]): Promise<void>
}

/** Keys from `gte` up to, without, `lt`. */
export interface KeyRange {
  readonly gte: string
  readonly lt: string
}

/** One part of an atomic batch. */
export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string }

/** An open dynalite. */
export interface DynaliteStore {
  readonly db: LevelDatabase
}

/** An answer in DynamoDB's wire format. */
export interface WireAnswer {
  readonly status: number
  readonly body: unknown
}

type Callback = (error: unknown, data?: unknown) => void
type Action = (store: DynaliteStore, data: unknown, done: Callback) => void
interface Validation {
  readonly types: unknown
  readonly custom?: unknown
}
interface Validations {
  checkTypes(data: unknown, types: unknown): unknown
  checkValidations(data: unknown, types: unknown, custom: unknown, store: DynaliteStore): void
}
interface DynaliteDatabase {
  create(options: object): DynaliteStore
  createIndexKey(item: unknown, table: unknown, keySchema: unknown): string
}

const database = (): DynaliteDatabase => require('dynalite/db/index.js')

/** Opens the store on disk, or in memory without a path; rejects when another process has it open. */
export async function openDynalite(path: string | undefined): Promise<DynaliteStore> {
  const store = database().create({ ...(path !== undefined && { path }), createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await store.db.open()
  return store
}

/** The key under which an index holds an item. */
export function indexKeyOf(item: unknown, table: unknown, keySchema: unknown): string {
  return database().createIndexKey(item, table, keySchema)
}

/**
 * Performs one operation. Dynalite's own HTTP handler throws out of callbacks when the disk is full or the database is closed,
 * which would end the process and the live run in it; so its actions are called here, and every error becomes an answer.
 */
export async function perform(store: DynaliteStore, target: string, body: string): Promise<WireAnswer> {
  const operation = operations.find((name) => target === `DynamoDB_20120810.${name}`)
  if (operation === undefined) return { status: 400, body: { __type: 'com.amazon.coral.service#UnknownOperationException' } }
  try {
    return { status: 200, body: await act(store, operation, JSON.parse(body)) }
  } catch (error) {
    return answerTo(error)
  }
}

function act(store: DynaliteStore, operation: Operation, input: unknown): Promise<unknown> {
  const name = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}`
  const validations: Validations = require('dynalite/validations/index.js')
  const validation: Validation = require(`dynalite/validations/${name}.js`)
  const action: Action = require(`dynalite/actions/${name}.js`)
  const data = validations.checkTypes(input, validation.types)
  validations.checkValidations(data, validation.types, validation.custom, store)
  return new Promise((resolve, reject) => {
    action(store, data, (error, result) => (error ? reject(error) : resolve(result)))
  })
}

function answerTo(error: unknown): WireAnswer {
  if (error instanceof Object && 'statusCode' in error && 'body' in error && typeof error.statusCode === 'number') {
    return { status: error.statusCode, body: error.body }
  }
  const message = error instanceof Error ? error.message : String(error)
  return { status: 500, body: { __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError', message } }
}
