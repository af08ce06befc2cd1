import { describe, expect, test } from '@jest/globals'
import type { Total } from '../../lib/domain/metrics.ts'
import { endedRun, nine, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

/** What every `NoticeStore` must do. */
export function noticeStoreContract(harness: StoreHarness, { atomic }: { readonly atomic: boolean }): void {
  const notices = () => harness.store().notices
  const claim = { notifier: 'sns', key: 'r1#4#0', at: nine, forMs: null }

  describe('notices', () => {
    test('only the first claim of a key holds, for ever', async () => {
      expect(await notices().claim('r1', claim)).toBe('ours')
      expect(await notices().claim('r1', claim)).toBe('taken')
      expect(await notices().claim('r1', { ...claim, at: nine + 1_000_000_000 })).toBe('taken')
    })

    test('other notifiers, keys and runs are claimed apart', async () => {
      await notices().claim('r1', claim)
      expect(await notices().claim('r1', { ...claim, notifier: 'eventbridge' })).toBe('ours')
      expect(await notices().claim('r1', { ...claim, key: 'r1#4#1' })).toBe('ours')
      expect(await notices().claim('r2', claim)).toBe('ours')
    })

    test('what was given back may be claimed again', async () => {
      await notices().claim('r1', claim)
      await notices().giveBack('r1', claim)
      await notices().giveBack('r1', claim)
      expect(await notices().claim('r1', claim)).toBe('ours')
      expect(await notices().claim('r1', claim)).toBe('taken')
    })

    test('a claim for a time may be claimed again when that has passed, and not before', async () => {
      const cooling = { ...claim, forMs: 60_000 }
      expect(await notices().claim('r1', cooling)).toBe('ours')
      expect(await notices().claim('r1', { ...cooling, at: nine + 59_999 })).toBe('held')
      expect(await notices().claim('r1', { ...cooling, at: nine + 60_000 })).toBe('ours')
      expect(await notices().claim('r1', { ...cooling, at: nine + 119_999 })).toBe('held')
    })

    test('a claim for a time that was kept holds for ever', async () => {
      expect(await notices().claim('r1', { ...claim, forMs: 60_000 })).toBe('ours')
      await notices().keep('r1', claim)
      await notices().keep('r1', claim)
      expect(await notices().claim('r1', { ...claim, at: nine + 1_000_000_000 })).toBe('taken')
    })

    test('a claim whose answer was lost is known as the same claim', async () => {
      const { loseNext, lost } = harness.answers()
      loseNext(1)
      expect(await notices().claim('r1', claim)).toBe('ours')
      expect(lost()).toBe(1)
      expect(await notices().claim('r1', claim)).toBe('taken')
    })

    const once = atomic ? test : test.skip
    once('of 20 who claim at once one holds it', async () => {
      const claims = await Promise.all(Array.from({ length: 20 }, () => notices().claim('r1', claim)))
      expect(claims.filter((one) => one === 'ours')).toHaveLength(1)
    })

    test('claims of a run that is over go when it goes, made before its end or after', async () => {
      const run = requestedRun('r1')
      await harness.store().runs.create(run)
      await notices().claim('r1', claim)
      await harness.store().runs.save(endedRun(run))
      await notices().claim('r1', { ...claim, key: 'late' })
      const ended = 1_767_604_200
      expect(await ttlOf(harness, 'NOTICE#sns#r1#4#0')).toBe(ended + 30 * 24 * 3_600)
      expect(await ttlOf(harness, 'NOTICE#sns#late')).toBe(ended + 30 * 24 * 3_600)
    })
  })
}

/** What every `TotalsStore` must do. */
export function totalsStoreContract(harness: StoreHarness, { atomic }: { readonly atomic: boolean }): void {
  const totals = () => harness.store().totals
  const labels = { cluster_uid: 'c0ffee', namespace: 'shop', suite: 'Prüfung "1" 测试', verdict: 'succeeded' }
  const counted = (value: number, changes: Partial<Total> = {}): Total => ({
    metric: 'chaos_experiments_total',
    labels,
    amounts: { value },
    ...changes,
  })

  describe('totals', () => {
    test('nothing is counted at first', async () => {
      expect(await totals().read()).toEqual([])
    })

    test('additions to a series add up, in whatever order its labels come', async () => {
      await totals().add(counted(1))
      await totals().add(counted(2, { labels: Object.fromEntries(Object.entries(labels).reverse()) }))
      expect(await totals().read()).toEqual([counted(3)])
    })

    test('series that differ in a label or in the metric are counted apart', async () => {
      await totals().add(counted(1))
      await totals().add(counted(5, { labels: { ...labels, verdict: 'failed' } }))
      await totals().add(counted(7, { metric: 'chaos_orphans_total' }))
      const found = await totals().read()
      expect(found.map((total) => total.amounts.value).sort()).toEqual([1, 5, 7])
    })

    test('the amounts of a histogram add up each by itself', async () => {
      const observed = (amounts: Total['amounts']) => counted(0, { metric: 'chaos_recovery_seconds', amounts })
      await totals().add(observed({ sum: 0.25, count: 1, 'le=0.5': 1, 'le=1': 1 }))
      await totals().add(observed({ sum: 0.75, count: 1, 'le=0.5': 0, 'le=1': 1 }))
      expect(await totals().read()).toEqual([observed({ sum: 1, count: 2, 'le=0.5': 1, 'le=1': 2 })])
    })

    test('what is set replaces what was there', async () => {
      await totals().set(counted(80))
      await totals().set(counted(75.5))
      expect(await totals().read()).toEqual([counted(75.5)])
    })

    test('an addition whose answer was lost counts once', async () => {
      const { loseNext, lost } = harness.answers()
      loseNext(1)
      await totals().add(counted(1))
      expect(lost()).toBe(1)
      await totals().add(counted(1))
      expect(await totals().read()).toEqual([counted(2)])
    })

    test('one place reads its own only', async () => {
      await totals().add(counted(1))
      await totals().add(counted(2, { labels: { ...labels, namespace: 'shop-2' } }))
      await totals().add(counted(4, { labels: { ...labels, cluster_uid: 'c0ff' } }))
      expect(await totals().read({ clusterUid: 'c0ffee', namespace: 'shop' })).toEqual([counted(1)])
      expect(await totals().read()).toHaveLength(3)
    })

    const once = atomic ? test : test.skip
    once('of 50 who add at once none is lost', async () => {
      await Promise.all(Array.from({ length: 50 }, () => totals().add(counted(1))))
      expect(await totals().read()).toEqual([counted(50)])
    })
  })
}

async function ttlOf(harness: StoreHarness, sk: string): Promise<unknown> {
  return (await harness.under().get({ pk: 'RUN#r1', sk }))?.ttl
}
