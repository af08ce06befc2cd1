import { describe, expect, it } from '@jest/globals'
import { memory, nodeDrain, partition, podDelete, podKill } from '../support/suites.ts'
import { alone, crashEverywhere, crashReaperEverywhere, overlapping } from './crash-points.ts'

// The other faults share the injector with these two; `npm run simulate -- --crash-points` takes them all.
const faults = [partition, nodeDrain, podDelete, podKill, memory].map((fault) => [fault.kind, fault] as const)

describe('a driver that dies before or after any of its writes', () => {
  it.each(faults)(
    'leaves nothing of a fault (%s) that a reaper does not undo and prove, and tell',
    async (_, fault) => expect(await crashEverywhere(alone(fault))).toEqual([]),
    120_000,
  )
})

describe('a driver of two steps that overlap', () => {
  it(
    'leaves nothing of either, before or after whichever of its writes it dies',
    async () => expect(await crashEverywhere(overlapping(memory, partition))).toEqual([]),
    240_000,
  )

  it(
    'leaves nothing of either that a reaper does not undo that dies at any of its own writes',
    async () => expect(await crashReaperEverywhere(overlapping(memory, partition))).toEqual([]),
    240_000,
  )
})

describe('a reaper that dies before or after any of its writes', () => {
  it.each(faults.slice(0, 3))(
    'leaves nothing of a fault (%s) that the next one does not undo and prove, and tell',
    async (_, fault) => expect(await crashReaperEverywhere(alone(fault))).toEqual([]),
    120_000,
  )
})
