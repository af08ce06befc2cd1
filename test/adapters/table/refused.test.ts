import { describe, expect, test } from '@jest/globals'
import { createTableStore } from '../../../lib/adapters/table/store.ts'
import type { TableAccess } from '../../../lib/adapters/table/table-access.ts'
import { FaultlineError, StoreUnavailable } from '../../../lib/domain/errors.ts'
import type { Store } from '../../../lib/ports.ts'
import { largeInjection } from '../../contracts/large-records.ts'
import { endedRun, event, nine, plannedInjection, requestedRun } from '../../contracts/records.ts'
import { createPlainTable } from '../../support/plain-store.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const storeOver = (table: TableAccess): Store => createTableStore({ table, clock: new VirtualClock(nine), close: async () => {} })
const itemsOf = (table: TableAccess) => table.query({ from: 'items', partition: 'RUN#r1' })

/** The answer to the first write of the head `sk` is lost; it is sent again, as the SDK does, once another process had its turn. */
function losingAnswerOf(table: TableAccess, sk: string, meanwhile: () => Promise<unknown>): TableAccess {
  let isLost = false
  const repeated = async <T>(key: { readonly sk: string }, write: () => Promise<T>): Promise<T> => {
    const answer = await write()
    if (isLost || key.sk !== sk) return answer
    isLost = true
    await meanwhile()
    return write()
  }
  return {
    ...table,
    put: (item, condition) => repeated(item, () => table.put(item, condition)),
    update: (key, attributes, condition) => repeated(key, () => table.update(key, attributes, condition)),
  }
}

const planned = largeInjection(1_500, ['before'])
const entrySk = 'INJECTION#00000#000000'
const large = requestedRun('r1', { events: [event(1, 0, 'x'.repeat(300_000))] })

describe('a write whose answer was lost, and whose record another process has saved since', () => {
  test('leaves what undoes an entry where the other process named it', async () => {
    const table = createPlainTable()
    const other = storeOver(table)
    const slow = storeOver(
      losingAnswerOf(table, entrySk, async () => {
        const [found = planned] = await other.ledger.list('r1')
        await other.ledger.save({ ...found, version: 2, status: 'reverting' })
      }),
    )
    await slow.ledger.add(planned)
    await slow.ledger.add(plannedInjection('r2', 0, 0))
    expect(await other.ledger.list('r1')).toEqual([{ ...planned, version: 2, status: 'reverting' }])
  })

  test('leaves a run that another process drives by now whole', async () => {
    const table = createPlainTable()
    const other = storeOver(table)
    const driven = { ...large, version: 2, handover: true }
    const slow = storeOver(
      losingAnswerOf(table, 'RUN', async () => {
        const found = (await other.runs.load('r1')) ?? large
        await other.runs.save({ ...found, version: 2, handover: true } as typeof driven)
      }),
    )
    await slow.runs.create(large)
    await slow.runs.create(requestedRun('r2'))
    expect(await other.runs.load('r1')).toEqual(driven)
  })

  test('leaves the parts of a save, which the next one of the other process names', async () => {
    const table = createPlainTable()
    const other = storeOver(table)
    await other.ledger.add(planned)
    const proven = { ...largeInjection(1_500, ['before', 'during']), version: 2, status: 'active' as const }
    const slow = storeOver(
      losingAnswerOf(table, entrySk, async () => {
        const [found = planned] = await other.ledger.list('r1')
        await other.ledger.save({ ...found, version: 3, status: 'reverting' })
      }),
    )
    await expect(slow.ledger.save(proven)).rejects.toMatchObject({ code: 'conflict' })
    await slow.ledger.add(plannedInjection('r2', 0, 0))
    expect(await other.ledger.list('r1')).toEqual([{ ...proven, version: 3, status: 'reverting' }])
  })
})

describe('a save that is refused', () => {
  test('leaves nothing behind, also where its run is over and nothing marks what comes later', async () => {
    const table = createPlainTable()
    const [zombie, other] = [storeOver(table), storeOver(table)]
    await other.runs.create(requestedRun('r1'))
    await other.ledger.add(planned)
    await other.ledger.save({ ...planned, version: 2, status: 'reverted' })
    await other.runs.save(endedRun(requestedRun('r1')))
    const before = await itemsOf(table)
    const late = { ...largeInjection(1_500, ['before', 'during']), version: 2, status: 'active' as const }
    await expect(zombie.ledger.save(late)).rejects.toMatchObject({ code: 'conflict' })
    await expect(zombie.runs.save({ ...large, version: 2, handover: true })).rejects.toMatchObject({ code: 'conflict' })
    expect(await itemsOf(table)).toEqual(before)
    expect(new Set(before.map(({ ttl }) => ttl))).toEqual(new Set([1_770_196_200]))
  })

  test('is told as refused, and none fails, where parts cannot be taken away', async () => {
    const table = createPlainTable()
    const refusing = () => Promise.reject(new FaultlineError('forbidden', 'no right to delete'))
    const { ledger } = storeOver({ ...table, delete: refusing })
    await ledger.add(planned)
    const without = { ...planned, version: 2, status: 'injecting' as const, evidence: [] }
    await ledger.save(without)
    await ledger.save({ ...without, version: 3 })
    await expect(ledger.save({ ...planned, version: 2 })).rejects.toMatchObject({ code: 'conflict' })
    expect(await ledger.list('r1')).toEqual([{ ...without, version: 3 }])
  })
})

describe('a record of which a part cannot be stored', () => {
  /** All that is put without a condition is a part. */
  const withoutParts = (table: TableAccess): TableAccess => ({
    ...table,
    put: async (item, condition) => (condition === undefined ? Promise.reject(new StoreUnavailable(item.sk)) : table.put(item, condition)),
  })

  test('is not there, also where its head would have been taken', async () => {
    const table = createPlainTable()
    await expect(storeOver(withoutParts(table)).ledger.add(planned)).rejects.toThrow(StoreUnavailable)
    await expect(storeOver(withoutParts(table)).runs.create(large)).rejects.toThrow(StoreUnavailable)
    expect(await storeOver(table).ledger.list('r1')).toEqual([])
    expect(await storeOver(table).runs.load('r1')).toBeUndefined()
  })

  test('stays as it was', async () => {
    const table = createPlainTable()
    await storeOver(table).ledger.add(planned)
    const proven = { ...largeInjection(1_500, ['before', 'during']), version: 2, status: 'active' as const }
    await expect(storeOver(withoutParts(table)).ledger.save(proven)).rejects.toThrow(StoreUnavailable)
    expect(await storeOver(table).ledger.list('r1')).toEqual([planned])
  })
})
