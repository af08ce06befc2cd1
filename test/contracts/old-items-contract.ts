import { describe, expect, test } from '@jest/globals'
import { endedRun, nine, plannedInjection, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

/** An item of a run as versions from before there were parts stored it: whole, and in the indexes itself. */
function oldRunItem(run: ReturnType<typeof requestedRun> | ReturnType<typeof endedRun>, phase: string) {
  const { id, version, requestedAt } = run
  return { pk: `RUN#${id}`, sk: 'RUN', phase, phaseAt: nine, version, saveId: 's', suite: run.suite.name, requestedAt, body: run }
}

/** What every store makes of a table that an earlier version filled. */
export function oldItemsContract(harness: StoreHarness): void {
  const { store, under } = harness
  const entry = plannedInjection('old', 0, 0, { status: 'active' })
  const put = async () => {
    await under().put(oldRunItem(requestedRun('old'), 'live'))
    await under().put({ pk: 'RUN#old', sk: 'INJECTION#00000#000000', version: 1, saveId: 's', body: entry })
    await under().put({
      pk: 'RUN#old',
      sk: 'EVENT#0000000001#00000',
      body: { version: 1, n: 0, at: nine, type: 'rested', step: null, message: 'a' },
    })
  }
  const ids = async (...args: Parameters<ReturnType<typeof store>['runs']['list']>) =>
    (await store().runs.list(...args)).map(({ id }) => id)

  describe('a table of an earlier version', () => {
    test('is read on: runs, ledger and history', async () => {
      await put()
      expect(await store().runs.load('old')).toEqual(requestedRun('old'))
      expect(await store().ledger.list('old')).toEqual([entry])
      expect((await store().ledger.history('old')).map(({ message }) => message)).toEqual(['a'])
    })

    test('has its live run found, driven on and ended by this one, and listed once', async () => {
      await put()
      expect((await store().runs.due(nine)).map(({ id }) => id)).toEqual(['old'])
      await store().runs.save(requestedRun('old', { version: 2 }))
      await store().ledger.save({ ...entry, version: 2, status: 'reverted' })
      expect(await ids()).toEqual(['old'])
      expect(await ids({ suite: 'Quick' })).toEqual(['old'])
      expect((await store().runs.due(nine)).map(({ id }) => id)).toEqual(['old'])
      await store().runs.save(endedRun(requestedRun('old', { version: 2 })))
      expect(await store().runs.list()).toMatchObject([{ id: 'old', status: 'succeeded' }])
      expect(await store().runs.due(Number.MAX_SAFE_INTEGER)).toEqual([])
      expect((await store().ledger.list('old')).map(({ status, targets }) => [status, targets])).toEqual([['reverted', entry.targets]])
    })

    test('has its ended runs listed, in the way of a second start, and owed what they owe', async () => {
      const events = [{ version: 2, n: 0, at: nine, type: 'rested', step: null, message: 'a' }] as const
      await under().put(oldRunItem(endedRun(requestedRun('done')), 'ended'))
      await under().put(oldRunItem({ ...endedRun(requestedRun('owes')), events }, 'unsettled'))
      expect(await store().runs.create(requestedRun('done'))).toBe(false)
      expect((await ids()).toSorted()).toEqual(['done', 'owes'])
      expect(await ids({ unsettled: true })).toEqual(['owes'])
      expect(await store().runs.due(Number.MAX_SAFE_INTEGER)).toEqual([])
      await store().runs.save({ ...endedRun(requestedRun('owes')), version: 3 })
      expect(await ids({ unsettled: true })).toEqual([])
      expect((await store().runs.list()).map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    })
  })
}
