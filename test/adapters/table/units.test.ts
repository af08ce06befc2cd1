import { describe, expect, test } from '@jest/globals'
import { createTableStore } from '../../../lib/adapters/table/store.ts'
import { nine, requestedRun } from '../../contracts/records.ts'
import { countedTable } from '../../support/capacity.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

describe('units as DynamoDB bills them', () => {
  test('of a write: each begun KB of the item as it was or is, in the table and in each index that it stands in', async () => {
    const { table, units } = countedTable()
    const key = { pk: 'p', sk: 'A' }
    await table.put({ ...key, text: 'x'.repeat(1_500) })
    expect(units).toMatchObject({ writes: 2, indexWrites: 0 })
    await table.put({ ...key, text: 'x' })
    expect(units).toMatchObject({ writes: 4, indexWrites: 0 })
    await table.put({ ...key, phase: 'live', phaseAt: 1, suite: 's', requestedAt: 1 })
    expect(units).toMatchObject({ writes: 5, indexWrites: 2 })
    await table.put({ ...key, phase: 'live', phaseAt: 2, suite: 's', requestedAt: 1 })
    expect(units).toMatchObject({ writes: 6, indexWrites: 5 })
    await table.delete(key)
    expect(units).toMatchObject({ writes: 7, indexWrites: 7 })
  })

  test('of a write that its condition refuses, too', async () => {
    const { table, units } = countedTable()
    await table.put({ pk: 'p', sk: 'A', text: 'x'.repeat(1_500) })
    await table.put({ pk: 'p', sk: 'A' }, [{ attribute: 'pk', is: 'absent' }])
    expect(units.writes).toBe(4)
  })

  test('of a read: each begun 4 KB of what was looked at, half of it from an index', async () => {
    const { table, units } = countedTable()
    await table.put({ pk: 'p', sk: 'A', phase: 'live', phaseAt: 1, text: 'x'.repeat(5_000) })
    await table.get({ pk: 'p', sk: 'A' })
    expect(units.reads).toBe(2)
    await table.query({ from: 'items', partition: 'p' })
    expect(units.reads).toBe(4)
    await table.query({ from: 'due', partition: 'live' })
    expect(units.reads).toBe(5)
    await table.getAll([{ pk: 'p', sk: 'B' }])
    expect(units.reads).toBe(6)
  })
})

test('a renewed lease is one write unit, and none in an index; a change of state is written there', async () => {
  const { table, units } = countedTable()
  const { runs } = createTableStore({ table, clock: new VirtualClock(nine), close: async () => {} })
  const suite = suiteOf(Array.from({ length: 6 }, () => stepOf(partition)))
  const run = requestedRun('quick-test-20260105-090000-lkw9355w', {
    suite,
    beacon: { namespace: 'ns', name: 'faultline-beacon', uid: 'u'.repeat(36), burnsAt: nine },
  })
  const preparing = { ...run, version: 2, status: 'preparing', step: 0, until: nine } as const
  await runs.create(run)
  await runs.save(preparing)
  const before = { ...units }
  for (let n = 1; n <= 100; n++)
    await runs.save({ ...preparing, version: 2 + n, lease: { owner: 'start-0123456789', until: nine + n * 5_000 } })
  expect(units.writes - before.writes).toBe(100)
  expect(units.indexWrites).toBe(before.indexWrites)
  await runs.save({ ...preparing, version: 103, status: 'injecting', since: nine })
  expect(units.indexWrites).toBe(before.indexWrites + 2)
})
