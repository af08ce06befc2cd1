import { expect, test } from '@jest/globals'
import { createTableStore } from '../../../lib/adapters/table/store.ts'
import type { TableAccess } from '../../../lib/adapters/table/table-access.ts'
import type { Injection } from '../../../lib/domain/injection.ts'
import { largeInjection } from '../../contracts/large-records.ts'
import { nine } from '../../contracts/records.ts'
import { createPlainTable } from '../../support/plain-store.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const storeOver = (table: TableAccess) => createTableStore({ table, clock: new VirtualClock(nine), close: async () => {} })

/** A query is no snapshot: `between` the page with the heads and the one with the parts something else is done, the first `times`. */
function interrupted(table: TableAccess, times: number, between: () => Promise<void>): TableAccess {
  let left = times
  return {
    ...table,
    query: async (query, limit) => {
      const first = await table.query(query, limit)
      if (left-- <= 0) return first
      await between()
      const parts = (await table.query(query, limit)).filter((item) => item.text !== undefined)
      return [...first.filter((item) => item.body !== undefined), ...parts]
    },
  }
}

/** Saves the entry twice with other evidence, so that what it named before is gone. */
function saver(ledger: ReturnType<typeof storeOver>['ledger'], first: Injection) {
  let entry = first
  return async () => {
    for (let n = 0; n < 2; n++) {
      const version = entry.version + 1
      entry = { ...entry, version, evidence: entry.evidence.map((one) => ({ ...one, summary: `of version ${version}` })) }
      await ledger.save(entry)
    }
  }
}

test('an entry that is saved between two pages of a read is read again, and whole', async () => {
  const table = createPlainTable()
  const { ledger } = storeOver(table)
  const first = largeInjection(100, ['before'])
  await ledger.add(first)
  const found = await storeOver(interrupted(table, 1, saver(ledger, first))).ledger.list('r1')
  expect(found).toMatchObject([{ version: 3, targets: first.targets, evidence: [{ summary: 'of version 3' }] }])
})

test('one that is saved between any two pages is told as a store that does not answer, which is tried again', async () => {
  const table = createPlainTable()
  const { ledger } = storeOver(table)
  const first = largeInjection(100, ['before'])
  await ledger.add(first)
  const reading = storeOver(interrupted(table, Number.POSITIVE_INFINITY, saver(ledger, first))).ledger.list('r1')
  await expect(reading).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    message: expect.stringContaining('it changed 20 times'),
  })
})
