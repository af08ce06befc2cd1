import { describe, expect, test } from '@jest/globals'
import type { AuditEntry } from '../../lib/domain/audit.ts'
import { nine } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

const entryOf = (id: string, at: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at,
  kind: 'halt',
  actor: { kind: 'os', name: 'ann@laptop' },
  message: 'incident 7: Störung',
  run: null,
  data: {},
  ...more,
})

/** What every `AuditStore` must do. */
export function auditStoreContract(harness: StoreHarness, { atomic }: { readonly atomic: boolean }): void {
  const trail = () => harness.store().audit

  describe('the audit trail', () => {
    test('is empty at first', async () => {
      expect(await trail().list()).toEqual([])
      expect(await trail().newest(10)).toEqual([])
    })

    test('keeps what was added as it was, in the order of its times, whatever order it came in', async () => {
      const run = { id: 'r1', suite: 'Quick', cluster: 'c', clusterUid: 'u', namespace: 'shop', simulated: false }
      const late = entryOf('r1#0000000002#00000', nine + 5_000, { kind: 'abort', actor: null, run, data: { reason: 'threshold' } })
      const first = entryOf('a', 5)
      await trail().add(late)
      await trail().add(entryOf('b', nine))
      await trail().add(first)
      expect(await trail().list()).toEqual([first, entryOf('b', nine), late])
      expect(await trail().newest(2)).toEqual([late, entryOf('b', nine)])
    })

    test('never changes an entry: the same one again is not added, and says so', async () => {
      expect(await trail().add(entryOf('a', nine))).toBe(true)
      expect(await trail().add(entryOf('a', nine, { message: 'nothing happened', actor: null }))).toBe(false)
      expect(await trail().list()).toEqual([entryOf('a', nine)])
    })

    test('is read from a time on, itself inside', async () => {
      for (const at of [nine - 1, nine, nine + 1]) await trail().add(entryOf(`at ${at - nine}`, at))
      expect((await trail().list({ since: nine })).map(({ id }) => id)).toEqual(['at 0', 'at 1'])
    })

    test('of two that were done in one moment keeps both', async () => {
      await trail().add(entryOf('b', nine))
      await trail().add(entryOf('a', nine))
      expect((await trail().list()).map(({ id }) => id)).toEqual(['a', 'b'])
    })

    test('holds an entry whose answer was lost once', async () => {
      const { loseNext, lost } = harness.answers()
      loseNext(1)
      await trail().add(entryOf('a', nine))
      expect(lost()).toBe(1)
      expect(await trail().list()).toEqual([entryOf('a', nine)])
    })

    const once = atomic ? test : test.skip
    once('of 20 that add the same entry at once one is told that it did', async () => {
      const added = await Promise.all(Array.from({ length: 20 }, (_, i) => trail().add(entryOf('a', nine, { message: `by ${i}` }))))
      expect(added.filter((one) => one)).toHaveLength(1)
      expect((await trail().list()).map(({ message }) => message)).toEqual([`by ${added.indexOf(true)}`])
    })

    test('keeps marks of guards beside its entries, newest first, each once', async () => {
      const [old, late] = [
        { id: 'r1#1', at: nine, guards: 'd1' },
        { id: 'r2#1', at: nine + 1, guards: 'd2' },
      ]
      expect(await trail().guardsMarks(10)).toEqual([])
      expect([await trail().markGuards(late), await trail().markGuards(old)]).toEqual([true, true])
      expect(await trail().markGuards({ ...late, guards: 'd3' })).toBe(false)
      expect(await trail().guardsMarks(10)).toEqual([late, old])
      expect(await trail().guardsMarks(1)).toEqual([late])
      expect([await trail().list(), await trail().newest(10)]).toEqual([[], []])
    })

    test('has no expiry', async () => {
      await trail().add(entryOf('a', nine))
      const stored = await harness.trail().query({ from: 'items', partition: 'AUDIT' })
      expect(stored.map((item) => Object.keys(item).filter((name) => name !== 'pk' && name !== 'sk'))).toEqual([['body']])
    })
  })
}
