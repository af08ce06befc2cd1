import { describe, expect, test } from '@jest/globals'
import { partBytes } from '../../lib/adapters/table/parts.ts'
import type { Item } from '../../lib/adapters/table/table-access.ts'
import { storedBytes } from '../../lib/domain/record-size.ts'
import { mostTargets } from '../../lib/domain/suite.ts'
import { largeInjection } from './large-records.ts'
import { endedRun, event, nine, plannedInjection, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

/** Key, versions and what a part's item has beside its text. */
const envelopeBytes = 512

/** What every store does with records that are larger than an item may be. */
export function largeRecordContract(harness: StoreHarness): void {
  const ledger = () => harness.store().ledger
  const itemsOf = (prefix: string) =>
    harness.under().query({ from: 'items', partition: 'RUN#r1', sort: { is: 'beginsWith', value: prefix } })
  const isPart = (item: Item) => item.text !== undefined

  describe('a record that is larger than an item', () => {
    test('comes back whole with 10,000 targets, its undo data and four proofs, and no item has more than its bound', async () => {
      const planned = largeInjection(mostTargets, ['before'])
      const proven = { ...largeInjection(mostTargets, ['before', 'during', 'end', 'after']), version: 2, status: 'reverted' as const }
      expect(await ledger().add(planned)).toBe(true)
      expect(await ledger().list('r1')).toEqual([planned])
      await ledger().save(proven)
      expect(await ledger().list('r1')).toEqual([proven])
      const items = await itemsOf('INJECTION#')
      expect(items.length).toBeGreaterThan(20)
      expect(Math.max(...items.map(storedBytes))).toBeLessThanOrEqual(partBytes + envelopeBytes)
    })

    test('is saved without writing anew what did not change, and what is no longer named goes with the next save', async () => {
      const planned = largeInjection(100, ['before'])
      await ledger().add(planned)
      const before = (await itemsOf('INJECTION#')).filter(isPart)
      await ledger().save({ ...planned, version: 2, status: 'injecting' })
      expect((await itemsOf('INJECTION#')).filter(isPart)).toEqual(before)
      const seen = largeInjection(100, ['before', 'during']).evidence[1] ?? []
      const active = { ...planned, version: 3, status: 'active' as const, evidence: [...planned.evidence, seen] as never }
      await ledger().save(active)
      const reverted = { ...active, version: 4, status: 'reverted' as const, evidence: [] }
      await ledger().save(reverted)
      await ledger().save({ ...reverted, version: 5 })
      expect((await itemsOf('INJECTION#')).filter((item) => /#evidence\./.test(item.sk))).toEqual([])
      expect(await ledger().list('r1')).toEqual([{ ...reverted, version: 5 }])
    })

    test('is read whole while it is saved again and again', async () => {
      let entry = largeInjection(100, ['before'])
      await ledger().add(entry)
      const isOver = { yes: false }
      const reads = (async () => {
        while (!isOver.yes) {
          const [found] = await ledger().list('r1')
          expect(found?.evidence[0]?.measurements).toHaveLength(100)
          expect(found?.evidence[0]?.summary).toBe(`of version ${found?.version}`)
          await new Promise((resolve) => setImmediate(resolve))
        }
      })()
      for (let version = 2; version <= 12; version++) {
        const evidence = entry.evidence.map((one) => ({ ...one, summary: `of version ${version}` }))
        entry = { ...entry, version, evidence }
        await ledger().save(entry)
        await new Promise((resolve) => setImmediate(resolve))
      }
      isOver.yes = true
      await reads
    })

    test('that lacks a part is told, with what is missing, and never taken for one that has nothing to undo', async () => {
      await ledger().add(largeInjection(100, ['before']))
      await ledger().add(plannedInjection('r2', 0, 0))
      const [part] = (await itemsOf('INJECTION#')).filter((item) => item.sk.includes('#targets#'))
      await harness.under().delete(part ?? { pk: '', sk: '' })
      const told = { code: 'invalid', retryable: false, message: expect.stringMatching(/RUN#r1 .* lacks 1 of the 1 parts of its targets/) }
      await expect(ledger().list('r1')).rejects.toMatchObject(told)
      expect(await ledger().list('r2')).toHaveLength(1)
    })

    test('that is past its time, and is going item by item, is gone', async () => {
      await ledger().add(largeInjection(100, ['before']))
      for (const { pk, sk } of await itemsOf('INJECTION#'))
        await harness.under().update({ pk, sk }, { ttl: nine / 1_000 }, [{ attribute: 'pk', is: 'present' }])
      const [part] = (await itemsOf('INJECTION#')).filter(isPart)
      await harness.under().delete(part ?? { pk: '', sk: '' })
      expect(await ledger().list('r1')).toEqual([])
    })

    test('goes with its run, all of it, also what is written later', async () => {
      const { runs } = harness.store()
      const long = 'x'.repeat(partBytes * 2)
      const entry = largeInjection(100, ['before'])
      await runs.create(requestedRun('r1'))
      await ledger().add(entry)
      await runs.save(endedRun(requestedRun('r1')))
      await ledger().appendHistory('r1', [event(2, 0, long)])
      await ledger().save({ ...entry, version: 2, reason: long })
      const items = await harness.under().query({ from: 'items', partition: 'RUN#r1' })
      expect(items.length).toBeGreaterThan(10)
      // 30 days after 09:10:00, in epoch seconds
      expect(new Set(items.map(({ ttl }) => ttl))).toEqual(new Set([1_770_196_200]))
    })

    test('of a run, or a line of its history, comes back whole', async () => {
      const { runs } = harness.store()
      const suite = { ...requestedRun('r1').suite, description: 'é'.repeat(300_000) }
      const run = requestedRun('r1', { suite, events: [event(1, 0, 'x'.repeat(300_000))] })
      await runs.create(run)
      await ledger().appendHistory('r1', run.events)
      expect(await runs.load('r1')).toEqual(run)
      expect(await ledger().history('r1')).toEqual(run.events)
    })
  })
}
