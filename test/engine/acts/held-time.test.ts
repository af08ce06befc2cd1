import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { FaultSpec } from '../../../lib/domain/suite.ts'
import { latency, memory, netfilter, partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())

/** As someone in the cluster feels it, not as the driver tells it. */
const isFelt = () => world.sandbox.effects().length > 0 || world.sandbox.objects().some(({ kind }) => kind === 'NetworkPolicy')

it.each<[string, FaultSpec]>([
  ['partition by policy', partition],
  ['partition by netfilter', netfilter],
  ['memory', memory],
  ['latency', latency],
])('%s is held as long as it was asked for, from its first effect to its last, within 0.3 s', async (_, fault) => {
  let [from, to, isOver] = [0, 0, false]
  const look = async () => {
    while (!isOver) {
      if (isFelt()) {
        from ||= world.clock.now()
        to = world.clock.now()
      }
      await world.clock.sleep(20)
    }
  }
  const looking = look()
  const run = await world.run(world.engine(), suiteOf([stepOf(fault, { durationMs: 6_000 })]))
  isOver = true
  await world.play(looking)
  expect(run.status).toBe('succeeded')
  expect(Math.abs(to - from - 6_000)).toBeLessThanOrEqual(300)
})
