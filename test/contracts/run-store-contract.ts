import { describe, expect, test } from '@jest/globals'
import { StoreUnavailable, VersionConflict } from '../../lib/domain/errors.ts'
import type { ListedRun } from '../../lib/domain/run.ts'
import { endedRun, nine, ofSuite, plannedInjection, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

const ids = (runs: readonly ListedRun[]) => runs.map((run) => run.id)

/** What every `RunStore` must do. `atomic` is false where the server under it only pretends to be concurrent. */
export function runStoreContract(harness: StoreHarness, { atomic }: { readonly atomic: boolean }): void {
  const runs = () => harness.store().runs

  describe('creating', () => {
    const once = atomic ? test : test.skip
    once('one of 100 creates at once wins', async () => {
      const created = await Promise.all(Array.from({ length: 100 }, (_, n) => runs().create(requestedRun('r1', { seed: n }))))
      expect(created.filter((won) => won)).toHaveLength(1)
      expect((await runs().load('r1'))?.seed).toBe(created.indexOf(true))
    })

    test('a run comes back as it was, numbers, nulls and nested fields included', async () => {
      const run = requestedRun('r1', { seed: 0.1234567890123456, beacon: { namespace: 'ns', name: 'b', uid: 'u', burnsAt: nine } })
      await runs().create(run)
      expect(await runs().load('r1')).toEqual(run)
      expect(await runs().load('r2')).toBeUndefined()
    })

    test('an ended run is still in the way of a second start', async () => {
      await runs().create(requestedRun('r1'))
      await runs().save(endedRun(requestedRun('r1')))
      expect(await runs().create(requestedRun('r1'))).toBe(false)
    })

    test('a create whose answer was lost is known as its own', async () => {
      harness.answers().loseNext(1)
      expect(await runs().create(requestedRun('r1'))).toBe(true)
      expect(harness.answers().lost()).toBe(1)
    })
  })

  describe('saving', () => {
    test('the second of two saves from the same version is refused and changes nothing', async () => {
      await runs().create(requestedRun('r1'))
      await runs().save(requestedRun('r1', { version: 2, seed: 21 }))
      await expect(runs().save(requestedRun('r1', { version: 2, seed: 22 }))).rejects.toBeInstanceOf(VersionConflict)
      expect((await runs().load('r1'))?.seed).toBe(21)
    })

    test('a save that leaves out a version is refused', async () => {
      await runs().create(requestedRun('r1'))
      await expect(runs().save(requestedRun('r1', { version: 3 }))).rejects.toBeInstanceOf(VersionConflict)
    })

    test('a save does not create a run', async () => {
      await expect(runs().save(requestedRun('r1', { version: 2 }))).rejects.toBeInstanceOf(VersionConflict)
      expect(await runs().load('r1')).toBeUndefined()
    })

    test('a save whose answer was lost succeeds', async () => {
      await runs().create(requestedRun('r1'))
      harness.answers().loseNext(2)
      await runs().save(requestedRun('r1', { version: 2, seed: 2 }))
      expect(harness.answers().lost()).toBe(2)
      expect((await runs().load('r1'))?.seed).toBe(2)
    })

    test('a save whose every answer was lost may be called again', async () => {
      const mine = requestedRun('r1', { version: 2, seed: 2 })
      await runs().create(requestedRun('r1'))
      // Four of each attempt to write: the step records and the rest are written ahead, the head and its listing beside one another.
      harness.answers().loseNext(8)
      await expect(runs().save(mine)).rejects.toBeInstanceOf(StoreUnavailable)
      harness.answers().loseNext(0)
      await runs().save(mine)
      expect((await runs().load('r1'))?.seed).toBe(2)
    })

    test('saving the very same record again succeeds until someone else has saved', async () => {
      const mine = requestedRun('r1', { version: 2 })
      await runs().create(requestedRun('r1'))
      await runs().save(mine)
      await runs().save(mine)
      await runs().save(requestedRun('r1', { version: 3 }))
      await expect(runs().save(mine)).rejects.toBeInstanceOf(VersionConflict)
    })
  })

  describe('taking away', () => {
    const left = async (id: string) => {
      const { ledger, runs: all } = harness.store()
      return [await all.load(id), await ledger.list(id), await ledger.history(id), ids(await all.list())]
    }

    test('takes a run that is over away with its ledger, its history and its place in the lists, and no other', async () => {
      for (const id of ['r1', 'r2']) {
        await runs().create(requestedRun(id))
        await harness.store().ledger.add(plannedInjection(id, 0, 0))
        await harness.store().ledger.appendHistory(id, [{ version: 1, n: 0, at: nine, type: 'requested', step: null, message: 'asked' }])
        await runs().save({ ...endedRun(requestedRun(id)), events: [] })
      }
      expect(await runs().remove('r1')).toBe(true)
      expect(await left('r1')).toEqual([undefined, [], [], ['r2']])
      expect((await left('r2')).slice(1, 3).map((items) => (items as readonly unknown[]).length)).toEqual([1, 1])
      expect(await runs().remove('r1')).toBe(false)
    })

    test('leaves a run that is not over, or whose end is still to be told', async () => {
      await runs().create(requestedRun('r1'))
      expect(await runs().remove('r1')).toBe(false)
      const event = { version: 2, n: 0, at: nine, type: 'requested', step: null, message: 'over' } as const
      await runs().save({ ...endedRun(requestedRun('r1')), events: [event] })
      expect(await runs().remove('r1')).toBe(false)
      expect(ids(await runs().list())).toEqual(['r1'])
    })
  })

  describe('listing', () => {
    test('lists newest first, live and ended, of one suite or all, up to a limit', async () => {
      await runs().create(requestedRun('old', { requestedAt: nine, ...ofSuite('A') }))
      await runs().create(requestedRun('new', { requestedAt: nine + 2_000, ...ofSuite('A') }))
      await runs().create(requestedRun('middle', { requestedAt: nine + 1_000, ...ofSuite('B') }))
      await runs().save(endedRun(requestedRun('new', { requestedAt: nine + 2_000, ...ofSuite('A') })))
      expect(ids(await runs().list())).toEqual(['new', 'middle', 'old'])
      await runs().save(endedRun(requestedRun('old', { requestedAt: nine, ...ofSuite('A') })))
      expect(ids(await runs().list({ limit: 2 }))).toEqual(['new', 'middle'])
      expect(ids(await runs().list({ suite: 'A' }))).toEqual(['new', 'old'])
      expect(ids(await runs().list({ suite: 'A', limit: 1 }))).toEqual(['new'])
      expect(await runs().list({ suite: 'C' })).toEqual([])
    })

    test('a limit leaves out no live run, however old it is', async () => {
      await runs().create(requestedRun('stuck', { requestedAt: nine, ...ofSuite('A') }))
      await runs().create(requestedRun('newer', { requestedAt: nine + 1_000, ...ofSuite('A') }))
      await runs().save(endedRun(requestedRun('newer', { requestedAt: nine + 1_000, ...ofSuite('A') })))
      expect(ids(await runs().list({ limit: 1 }))).toEqual(['newer', 'stuck'])
    })

    test('due runs are those whose lease has ended or that have no driver, oldest first', async () => {
      const lease = (until: number) => ({ lease: { owner: 'lambda-1', until } })
      const reverting = {
        ...requestedRun('retrying'),
        status: 'reverting',
        step: 0,
        since: nine,
        attempts: 1,
        retryAt: nine + 4_000,
      } as const
      await runs().create(requestedRun('driven', lease(nine + 30_000)))
      await runs().create(reverting)
      await runs().create(requestedRun('left', lease(nine + 3_000)))
      await runs().create(requestedRun('nobodys'))
      expect(ids(await runs().due(nine))).toEqual(['nobodys'])
      expect(ids(await runs().due(nine + 3_999))).toEqual(['nobodys', 'left'])
      expect(ids(await runs().due(nine + 30_000))).toEqual(['nobodys', 'left', 'retrying', 'driven'])
    })

    test('an ended run is not due', async () => {
      await runs().create(requestedRun('r1'))
      await runs().save(endedRun(requestedRun('r1')))
      expect(await runs().due(Number.MAX_SAFE_INTEGER)).toEqual([])
    })
  })

  describe('forgetting', () => {
    const ttlOf = async (sk: string) => (await harness.under().get({ pk: 'RUN#r1', sk }))?.ttl
    const items = ['RUN', 'INJECTION#00000#000000', 'EVENT#0000000001#00000', 'ABORT']
    const fill = async () => {
      const { ledger, controls } = harness.store()
      await runs().create(requestedRun('r1'))
      await ledger.add(plannedInjection('r1', 0, 0))
      await ledger.appendHistory('r1', [{ version: 1, n: 0, at: nine, type: 'rested', step: null, message: 'first' }])
      await controls.set({ kind: 'abort', runId: 'r1' }, { by: 'ada', why: 'enough', at: nine })
    }
    // 30 days after 09:10:00, in epoch seconds
    const thirtyDaysOn = 1_770_196_200

    test('nothing of a live run expires', async () => {
      await fill()
      expect(await Promise.all(items.map(ttlOf))).toEqual([undefined, undefined, undefined, undefined])
    })

    test('all of an ended run expires 30 days after its end, what is written later too', async () => {
      await fill()
      await runs().save(endedRun(requestedRun('r1')))
      const { ledger } = harness.store()
      await ledger.appendHistory('r1', [{ version: 2, n: 0, at: nine, type: 'rested', step: null, message: 'last' }])
      await ledger.save(plannedInjection('r1', 0, 0, { version: 2, status: 'reverted' }))
      const ttls = await Promise.all([...items, 'EVENT#0000000002#00000'].map(ttlOf))
      expect(ttls).toEqual(Array(5).fill(thirtyDaysOn))
    })
  })
}
