import { describe, expect, test } from '@jest/globals'
import type { ProbeSample } from '../../lib/domain/probe.ts'
import { nine, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

function sample(seconds: number, change: Partial<ProbeSample> = {}): ProbeSample {
  return {
    probe: 'errors',
    at: nine + seconds * 1000,
    step: 0,
    phase: 'during',
    value: 0.5,
    within: false,
    message: '',
    tookMs: 3,
    ...change,
  }
}

/** What every store of probes' answers keeps. */
export function sampleStoreContract(harness: StoreHarness): void {
  const samples = () => harness.store().samples

  const itemsOf = (runId: string) =>
    harness.under().query({ from: 'items', partition: `RUN#${runId}`, sort: { is: 'beginsWith', value: 'SAMPLES#' } })

  describe('answers of probes', () => {
    test('come back oldest first, whatever the order of their batches, and only those of the run', async () => {
      const unknown = sample(3, { value: null, within: null, message: 'no answer within 5 s' })
      await samples().add('r1', [sample(5), sample(6, { value: 'ok', within: true })])
      await samples().add('r2', [sample(1)])
      await samples().add('r1', [sample(2), unknown])
      expect(await samples().list('r1')).toEqual([sample(2), unknown, sample(5), sample(6, { value: 'ok', within: true })])
    })

    test('of one time from several probes are all kept', async () => {
      await samples().add('r1', [sample(1, { probe: 'a' })])
      await samples().add('r1', [sample(1, { probe: 'b' })])
      expect((await samples().list('r1')).map(({ probe }) => probe)).toEqual(['a', 'b'])
    })

    test('that are added again, also with more behind them, stand there once', async () => {
      await samples().add('r1', [sample(1), sample(2)])
      await samples().add('r1', [sample(1), sample(2), sample(3)])
      expect((await samples().list('r1')).map(({ at }) => at - nine)).toEqual([1000, 2000, 3000])
    })

    test('none make no item', async () => {
      await samples().add('r1', [])
      expect(await samples().list('r1')).toEqual([])
      expect(await itemsOf('r1')).toEqual([])
    })

    test('more than an item holds go into several', async () => {
      const many = Array.from({ length: 2_000 }, (_, i) => sample(i, { message: 'x'.repeat(300) }))
      await samples().add('r1', many)
      expect((await samples().list('r1')).length).toBe(2_000)
      const items = await itemsOf('r1')
      expect(items.length).toBeGreaterThan(1)
      for (const item of items) expect(JSON.stringify(item).length).toBeLessThan(400 * 1024)
    })

    test('expire 37 days after they were given; the end of their run leaves them as they are', async () => {
      const run = requestedRun('r1')
      await harness.store().runs.create(run)
      await samples().add('r1', [sample(0)])
      const ended = { ...run, version: 2, status: 'succeeded' as const, endedAt: nine + 60_000, refusals: [], resolved: null }
      await harness.store().runs.save(ended)
      expect((await itemsOf('r1')).map(({ ttl }) => ttl)).toEqual([nine / 1000 + 37 * 86_400])
      const stored = await harness.under().get({ pk: 'RUN#r1', sk: 'RUN' })
      expect(stored?.ttl).toBe((nine + 60_000) / 1000 + 30 * 86_400)
    })
  })
}
