import { describe, expect, it } from '@jest/globals'
import { memory, nodeDrain, partition, podDelete, podKill } from '../support/suites.ts'
import { crashEverywhere, crashReaperEverywhere } from './crash-points.ts'

// The other faults share the injector with these two; `npm run simulate -- --crash-points` takes them all.
const faults = [partition, nodeDrain, podDelete, podKill, memory].map((fault) => [fault.kind, fault] as const)

describe('a driver that dies before or after any of its writes', () => {
  it.each(faults)(
    'leaves nothing of a fault (%s) that a reaper does not undo and prove, and tell',
    async (_, fault) => expect(await crashEverywhere(fault)).toEqual([]),
    120_000,
  )
})

describe('a reaper that dies before or after any of its writes', () => {
  it.each(faults.slice(0, 3))(
    'leaves nothing of a fault (%s) that the next one does not undo and prove, and tell',
    async (_, fault) => expect(await crashReaperEverywhere(fault)).toEqual([]),
    120_000,
  )
})
