import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { DegradationSpec } from '../../lib/domain/degradation-spec.ts'
import { planStep } from '../../lib/engine/acts/plan.ts'
import { contextOf } from '../support/fault-context.ts'
import { latency, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const nothing = { ...(latency as DegradationSpec), latencyMs: 0, jitterMs: 0 }

async function warningsOf(fault: DegradationSpec): Promise<readonly string[]> {
  const suite = suiteOf([stepOf(fault)])
  return (await planStep(contextOf(world), { suite, index: 0, seed: 1 })).warnings
}

describe('the plan of a degraded network', () => {
  it.each([
    ['latency', latency as DegradationSpec],
    ['corruption', { ...nothing, corruptPercent: 5 }],
    ['duplication', { ...nothing, duplicatePercent: 5 }],
    ['loss below a rate', { ...nothing, lossPercent: 5, rateKbit: 1000 }],
  ])('warns that only the node can tell whether its kernel has netem: %s', async (_, fault) => {
    expect(await warningsOf(fault)).toEqual([expect.stringContaining('sch_netem')])
  })

  it.each([
    ['loss', { ...nothing, lossPercent: 5 }],
    ['rate', { ...nothing, rateKbit: 1000 }],
  ])('has nothing to warn of where netem is not needed: %s', async (_, fault) => {
    expect(await warningsOf(fault)).toEqual([])
  })
})
