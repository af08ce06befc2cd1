import { describe, expect, test } from '@jest/globals'
import { nine } from './records.ts'
import type { StoreHarness } from './store-harness.ts'

/** What every `LockStore` must do. */
export function lockStoreContract(harness: StoreHarness, { atomic }: { readonly atomic: boolean }): void {
  const locks = () => harness.store().locks

  describe('locks', () => {
    test('the first to ask holds the lock, and may ask again', async () => {
      expect(await locks().acquire('c0ffee/ns', 'r1')).toBe('r1')
      expect(await locks().acquire('c0ffee/ns', 'r2')).toBe('r1')
      expect(await locks().acquire('c0ffee/ns', 'r1')).toBe('r1')
      expect(await locks().acquire('c0ffee/other', 'r2')).toBe('r2')
    })

    const once = atomic ? test : test.skip
    once('of 50 who ask at once all learn of the same holder', async () => {
      const holders = await Promise.all(Array.from({ length: 50 }, (_, n) => locks().acquire('c0ffee/ns', `r${n}`)))
      expect(new Set(holders).size).toBe(1)
    })

    test('a lock is free after its holder lets go, and only then', async () => {
      await locks().acquire('c0ffee/ns', 'r1')
      await locks().release('c0ffee/ns', 'r2')
      expect(await locks().acquire('c0ffee/ns', 'r2')).toBe('r1')
      await locks().release('c0ffee/ns', 'r1')
      await locks().release('c0ffee/ns', 'r1')
      expect(await locks().acquire('c0ffee/ns', 'r2')).toBe('r2')
    })

    test('a lock moves only from the one who holds it', async () => {
      await locks().acquire('c0ffee/ns', 'r1')
      expect(await locks().takeOver('c0ffee/ns', 'r1', 'r2')).toBe(true)
      expect(await locks().takeOver('c0ffee/ns', 'r1', 'r3')).toBe(false)
      expect(await locks().acquire('c0ffee/ns', 'r3')).toBe('r2')
    })

    test('a lock that was let go cannot be taken over', async () => {
      expect(await locks().takeOver('c0ffee/ns', 'r1', 'r2')).toBe(false)
      expect(await locks().acquire('c0ffee/ns', 'r3')).toBe('r3')
    })

    test('lost answers change nothing', async () => {
      const { loseNext, lost } = harness.answers()
      loseNext(1)
      expect(await locks().acquire('c0ffee/ns', 'r1')).toBe('r1')
      expect(lost()).toBe(1)
      loseNext(1)
      expect(await locks().takeOver('c0ffee/ns', 'r1', 'r2')).toBe(true)
      expect(lost()).toBe(1)
      loseNext(1)
      await locks().release('c0ffee/ns', 'r2')
      expect(lost()).toBe(1)
      expect(await locks().acquire('c0ffee/ns', 'r3')).toBe('r3')
    })
  })
}

/** What every `ControlStore` must do. */
export function controlStoreContract(harness: StoreHarness): void {
  const controls = () => harness.store().controls
  const run = { id: 'r1', suite: 'Quick' }
  const none = { halt: null, pause: null, abort: null }

  describe('controls', () => {
    test('nothing is set at first', async () => {
      expect(await controls().read(run)).toEqual(none)
    })

    test('a run sees the halt, the pause of its suite and its own abort, each with who, why and when', async () => {
      await controls().set({ kind: 'halt' }, { by: 'ada', why: 'incident 7', at: nine })
      await controls().set({ kind: 'pause', suite: 'Quick' }, { by: 'bob', why: 'release', at: nine + 1 })
      const actor = { kind: 'kubernetes', name: 'oidc:eve', also: [{ kind: 'os', name: 'eve@laptop' }] } as const
      await controls().set({ kind: 'abort', runId: 'r1' }, { by: 'eve', actor, why: 'enough', at: nine + 2 })
      expect(await controls().read(run)).toEqual({
        halt: { by: 'ada', why: 'incident 7', at: nine },
        pause: { by: 'bob', why: 'release', at: nine + 1 },
        abort: { by: 'eve', actor, why: 'enough', at: nine + 2 },
      })
    })

    test('a run does not see what concerns others', async () => {
      await controls().set({ kind: 'pause', suite: 'Quick 2' }, { by: 'bob', why: 'release', at: nine })
      await controls().set({ kind: 'abort', runId: 'r10' }, { by: 'eve', why: 'enough', at: nine })
      expect(await controls().read(run)).toEqual(none)
    })

    test('a switch that is cleared is gone, and may be cleared again', async () => {
      const word = { by: 'ada', why: 'incident 7', at: nine }
      await controls().set({ kind: 'halt' }, word)
      expect(await controls().clear({ kind: 'halt' }, word)).toBe(true)
      expect(await controls().clear({ kind: 'halt' }, word)).toBe(true)
      expect(await controls().read(run)).toEqual(none)
    })

    test('a switch that was set anew is not lifted by who saw the word before', async () => {
      const [seen, later] = [
        { by: 'ada', why: 'incident 7', at: nine },
        { by: 'bob', why: 'incident 8', at: nine },
      ]
      await controls().set({ kind: 'halt' }, seen)
      await controls().set({ kind: 'halt' }, later)
      expect(await controls().clear({ kind: 'halt' }, seen)).toBe(false)
      expect(await controls().read(run)).toEqual({ ...none, halt: later })
      expect(await controls().clear({ kind: 'halt' }, later)).toBe(true)
    })

    test('a switch that an earlier version stored is lifted', async () => {
      const word = { by: 'ada', why: 'incident 7', at: nine }
      await harness.under().put({ pk: 'CONTROL', sk: 'HALT', body: word })
      expect(await controls().clear({ kind: 'halt' }, word)).toBe(true)
      expect(await controls().read(run)).toEqual(none)
    })
  })
}
