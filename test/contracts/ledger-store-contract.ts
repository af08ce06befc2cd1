import { describe, expect, test } from '@jest/globals'
import { VersionConflict } from '../../lib/domain/errors.ts'
import { policyUndo } from '../support/undo-data.ts'
import { event, plannedInjection, requestedRun } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

/** What every `LedgerStore` must do. */
export function ledgerStoreContract(harness: StoreHarness): void {
  const ledger = () => harness.store().ledger

  describe('ledger', () => {
    test('an entry is added once and keeps what was added first', async () => {
      expect(await ledger().add(plannedInjection('r1', 0, 0, { undo: policyUndo({ policy: 'first' }) }))).toBe(true)
      expect(await ledger().add(plannedInjection('r1', 0, 0, { undo: policyUndo({ policy: 'second' }) }))).toBe(false)
      expect(await ledger().list('r1')).toEqual([plannedInjection('r1', 0, 0, { undo: policyUndo({ policy: 'first' }) })])
    })

    test('an entry that an earlier version stored reads on', async () => {
      const old = { mechanism: 'policy', policy: 'faultline-partition', value: 'r1-0', policyTypes: ['Ingress', 'Egress'], restarts: {} }
      await ledger().add(plannedInjection('r1', 0, 0, { undo: old as never }))
      expect((await ledger().list('r1'))[0]?.undo).toEqual(policyUndo({ policy: 'faultline-partition', value: 'r1-0' }))
    })

    test('an add whose answer was lost is known as its own', async () => {
      harness.answers().loseNext(1)
      expect(await ledger().add(plannedInjection('r1', 0, 0))).toBe(true)
      expect(harness.answers().lost()).toBe(1)
    })

    test('entries come ordered by step and number, beyond ten of each', async () => {
      const places = [0, 2, 10].flatMap((step) => [0, 1, 2, 9, 10, 11, 100].map((n) => ({ step, n })))
      await Promise.all(places.toReversed().map(({ step, n }) => ledger().add(plannedInjection('r1', step, n))))
      await ledger().add(plannedInjection('r10', 0, 0))
      expect((await ledger().list('r1')).map(({ step, n }) => ({ step, n }))).toEqual(places)
      expect((await ledger().list('r1', 10)).map(({ n }) => n)).toEqual([0, 1, 2, 9, 10, 11, 100])
      expect(await ledger().list('r1', 1)).toEqual([])
    })

    test('entries that fill several pages all come back', async () => {
      const large = policyUndo({ policy: 'x'.repeat(350_000) })
      for (const n of [0, 1, 2, 3, 4]) await ledger().add(plannedInjection('r1', 0, n, { undo: large }))
      expect((await ledger().list('r1')).map(({ n }) => n)).toEqual([0, 1, 2, 3, 4])
    })

    test('the second of two saves from the same version is refused and changes nothing', async () => {
      await ledger().add(plannedInjection('r1', 0, 0))
      await ledger().save(plannedInjection('r1', 0, 0, { version: 2, status: 'injecting' }))
      const late = ledger().save(plannedInjection('r1', 0, 0, { version: 2, status: 'failed' }))
      await expect(late).rejects.toBeInstanceOf(VersionConflict)
      expect((await ledger().list('r1')).map(({ status }) => status)).toEqual(['injecting'])
    })

    test('a save whose answer was lost succeeds', async () => {
      await ledger().add(plannedInjection('r1', 0, 0))
      harness.answers().loseNext(1)
      await ledger().save(plannedInjection('r1', 0, 0, { version: 2, status: 'active' }))
      expect(harness.answers().lost()).toBe(1)
      expect((await ledger().list('r1')).map(({ status }) => status)).toEqual(['active'])
    })
  })

  describe('history', () => {
    test('events come in the order of their versions, without the ledger or the run', async () => {
      await harness.store().runs.create(requestedRun('r1'))
      await ledger().add(plannedInjection('r1', 0, 0))
      await ledger().appendHistory('r1', [event(10, 0, 'third'), event(2, 1, 'second')])
      await ledger().appendHistory('r1', [event(2, 0, 'first')])
      expect((await ledger().history('r1')).map(({ message }) => message)).toEqual(['first', 'second', 'third'])
    })

    test('events appended again stay as they were', async () => {
      await ledger().appendHistory('r1', [event(1, 0, 'as it was')])
      await ledger().appendHistory('r1', [event(1, 0, 'as it never was'), event(1, 1, 'new')])
      expect((await ledger().history('r1')).map(({ message }) => message)).toEqual(['as it was', 'new'])
    })

    test('no events make no history', async () => {
      await ledger().appendHistory('r1', [])
      expect(await ledger().history('r1')).toEqual([])
    })
  })
}
