import { describe, expect, test } from '@jest/globals'
import { createTableStore } from '../../../lib/adapters/table/store.ts'
import type { TableAccess } from '../../../lib/adapters/table/table-access.ts'
import { type Run, type StepRecord, untouchedStep } from '../../../lib/domain/run.ts'
import type { Store } from '../../../lib/ports.ts'
import { largeInjection } from '../../contracts/large-records.ts'
import { endedRun, event, nine, requestedRun } from '../../contracts/records.ts'
import { createPlainTable } from '../../support/plain-store.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const never = () => new Promise<never>(() => {})

/** A process that dies after so many of its writes: the next is never sent, and nothing of the process goes on. */
function dyingAfter(table: TableAccess, most: number): { readonly access: TableAccess; readonly died: Promise<void>; writes(): number } {
  let writes = 0
  let die = () => {}
  const died = new Promise<void>((resolve) => {
    die = resolve
  })
  const sent = <T>(write: () => Promise<T>): Promise<T> => {
    if (writes >= most) {
      die()
      return never()
    }
    writes += 1
    return write()
  }
  const access: TableAccess = {
    ...table,
    put: (item, condition) => sent(() => table.put(item, condition)),
    update: (key, attributes, condition) => sent(() => table.update(key, attributes, condition)),
    add: (key, addition, condition) => sent(() => table.add(key, addition, condition)),
    delete: (key, condition) => sent(() => table.delete(key, condition)),
  }
  return { access, died, writes: () => writes }
}

const storeOver = (table: TableAccess): Store => createTableStore({ table, clock: new VirtualClock(nine), close: async () => {} })

/** Large enough that its targets, its undo data and each proof lie in several parts. */
const planned = largeInjection(1_500, ['before'])
const active = { ...planned, version: 2, status: 'active' as const, evidence: largeInjection(1_500, ['before', 'during']).evidence }
const run = requestedRun('r1', {
  suite: suiteOf([stepOf(partition), stepOf(partition)], { description: 'x'.repeat(300_000) }),
  events: [event(1, 0, 'a')],
})

/**
 * A process dies after each of the writes of a deed in turn. `before` is stored by another one; `after` looks at what the dead one left,
 * as a process that comes then.
 */
async function dieEverywhere(
  deed: (store: Store) => Promise<unknown>,
  before: (store: Store) => Promise<unknown>,
  after: (store: Store, isDone: boolean) => Promise<void>,
): Promise<number> {
  for (let most = 0; ; most++) {
    const table = createPlainTable()
    await before(storeOver(table))
    const { access, died } = dyingAfter(table, most)
    const isDone = await Promise.race([deed(storeOver(access)).then(() => true), died.then(() => false)])
    await after(storeOver(table), isDone)
    if (isDone) return most
  }
}

describe('a process that dies after any of its writes', () => {
  test('while an entry is added leaves no entry, or all of it; another can add it', async () => {
    const writes = await dieEverywhere(
      (store) => store.ledger.add(planned),
      async () => {},
      async (store, isDone) => {
        expect(await store.ledger.list('r1')).toEqual(isDone ? [planned] : [])
        if (isDone) return
        expect(await store.ledger.add(planned)).toBe(true)
        expect(await store.ledger.list('r1')).toEqual([planned])
      },
    )
    expect(writes).toBeGreaterThan(5)
  })

  test('while an entry is saved leaves it as it was, or as it is saved; what undoes it is whole in both', async () => {
    const writes = await dieEverywhere(
      async (store) => {
        const [found = planned] = await store.ledger.list('r1')
        await store.ledger.save({ ...active, targets: found.targets })
        await store.ledger.save({ ...active, version: 3, status: 'reverting' })
      },
      (store) => store.ledger.add(planned),
      async (store) => {
        const [found = planned] = await store.ledger.list('r1')
        expect([planned, active, { ...active, version: 3, status: 'reverting' }]).toContainEqual(found)
        const raised = { ...found, version: found.version + 1 }
        await store.ledger.save(raised)
        await store.ledger.save({ ...raised, version: raised.version + 1, status: 'reverted' })
        expect(await store.ledger.list('r1')).toEqual([{ ...raised, version: raised.version + 1, status: 'reverted' }])
      },
    )
    expect(writes).toBeGreaterThan(5)
  })

  test('while a run is created leaves none, or one that a reaper finds', async () => {
    const writes = await dieEverywhere(
      (store) => store.runs.create(run),
      async () => {},
      async (store, isDone) => {
        expect(await store.runs.load('r1')).toEqual(isDone ? run : undefined)
        expect((await store.runs.due(nine)).map(({ id }) => id)).toEqual(isDone ? ['r1'] : [])
        expect(await store.runs.create(run)).toBe(!isDone)
        expect((await store.runs.due(nine)).map(({ id }) => id)).toEqual(['r1'])
      },
    )
    expect(writes).toBeGreaterThan(4)
  })

  test('while a run is driven to its end leaves one that is whole, and that a reaper finds for as long as it lives', async () => {
    const steps = run.suite.steps.map(({ name }): StepRecord => ({ name, ...untouchedStep, verdict: 'running' }))
    const preparing = { ...run, version: 2, status: 'preparing' as const, step: 0, until: nine, steps }
    const next = { ...preparing, version: 3, steps: steps.map((step, n) => (n === 1 ? { ...step, verdict: 'succeeded' as const } : step)) }
    const ended = { ...endedRun(run), version: 4, steps: next.steps, events: [] }
    const versions: readonly Run[] = [run, preparing, next, ended]
    const writes = await dieEverywhere(
      async (store) => {
        for (const version of versions.slice(1)) await store.runs.save(version)
      },
      (store) => store.runs.create(run),
      async (store) => {
        const found = await store.runs.load('r1')
        expect(versions).toContainEqual(found)
        const isOver = found?.status === 'succeeded'
        expect((await store.runs.due(nine)).map(({ id }) => id)).toEqual(isOver ? [] : ['r1'])
        // The look for live runs has set right what lagged.
        if (isOver) expect(await store.runs.list()).toMatchObject([{ id: 'r1', status: 'succeeded' }])
      },
    )
    expect(writes).toBeGreaterThan(8)
  })
})
