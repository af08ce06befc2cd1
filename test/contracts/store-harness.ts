import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { afterEach, beforeEach } from '@jest/globals'
import type { Store } from '../../lib/ports.ts'
import { type LostAnswers, loseAnswersOf } from './lost-answers.ts'

/** A store to be put to the contract, with the table below it. */
export interface StoreUnderTest {
  readonly store: Store
  readonly client: DynamoDBDocumentClient
  readonly table: string
  /** Closes the store and all that was started for it. */
  close(): Promise<void>
}

/** What the tests of one contract share: a fresh store for each of them. */
export interface StoreHarness {
  store(): Store
  answers(): LostAnswers
  /** The stored item as DynamoDB has it, past the ports. */
  under(): Pick<StoreUnderTest, 'client' | 'table'>
}

/** Opens a store before each test of the enclosing `describe` and closes it after, whatever happened. */
export function freshStoreForEach(open: () => Promise<StoreUnderTest>): StoreHarness {
  let current: (StoreUnderTest & { readonly answers: LostAnswers }) | undefined
  beforeEach(async () => {
    const opened = await open()
    current = { ...opened, answers: loseAnswersOf(opened.client) }
  })
  afterEach(async () => {
    await current?.close()
    current = undefined
  })
  const opened = () => {
    if (current === undefined) throw new Error('no store is open outside a test')
    return current
  }
  return { store: () => opened().store, answers: () => opened().answers, under: opened }
}
