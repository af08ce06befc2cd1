import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import {
  crashloop,
  latency,
  memory,
  netfilter,
  nodeDrain,
  partition,
  podDelete,
  podKill,
  podPause,
  stepOf,
  suiteOf,
} from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

describe('a run', () => {
  it.each([
    ['network-partition', partition],
    ['network-partition by netfilter', netfilter],
    ['network-degradation', latency],
    ['pod-delete', podDelete],
    ['node-drain', nodeDrain],
    ['pod-kill', podKill],
    ['crashloop', crashloop],
    ['pod-pause', podPause],
    ['memory-exhaustion', memory],
  ])('proves %s to bite and to be undone, and leaves the cluster as it was', async (_, fault) => {
    const before = world.footprint()
    const run = await world.run(world.engine(), suiteOf([stepOf(fault)]))
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0, steps: [{ reasons: [] }] })
    const ledger = await world.store.ledger.list(run.id)
    for (const injection of ledger) {
      expect(injection.status).toBe('reverted')
      expect(injection.evidence.map((e) => [e.phase, e.finding])).toEqual([
        ['before', 'no'],
        ['during', 'yes'],
        ['end', 'yes'],
        ['after', 'yes'],
      ])
    }
    expect(world.footprint()).toEqual(before)
  })
})
