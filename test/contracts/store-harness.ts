import { afterEach, beforeEach } from '@jest/globals'
import type { TableAccess } from '../../lib/adapters/table/table-access.ts'
import type { Store } from '../../lib/ports.ts'
import type { LostAnswers } from './lost-answers.ts'

/** A store to be put to the contract, with the table below it. */
export interface StoreUnderTest {
  readonly store: Store
  /** The stored items, past the ports. */
  readonly table: TableAccess
  /** The stored items of the audit trail. */
  readonly trail: Pick<TableAccess, 'query'>
  readonly answers: LostAnswers
  /** Closes the store and all that was started for it. */
  close(): Promise<void>
}

/** What the tests of one contract share: a fresh store for each of them. */
export interface StoreHarness {
  store(): Store
  answers(): LostAnswers
  under(): TableAccess
  trail(): Pick<TableAccess, 'query'>
}

/** Opens a store before each test of the enclosing `describe` and closes it after, whatever happened. */
export function freshStoreForEach(open: () => Promise<StoreUnderTest>): StoreHarness {
  let current: StoreUnderTest | undefined
  beforeEach(async () => {
    current = await open()
  })
  afterEach(async () => {
    await current?.close()
    current = undefined
  })
  const opened = () => {
    if (current === undefined) throw new Error('no store is open outside a test')
    return current
  }
  return { store: () => opened().store, answers: () => opened().answers, under: () => opened().table, trail: () => opened().trail }
}
