import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { FaultSpec } from '../../../lib/domain/suite.ts'
import { around } from '../../support/around.ts'
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

it.each<[string, FaultSpec, number]>([
  ['partition by policy', partition, 0],
  ['partition by netfilter', netfilter, 0],
  ['partition by netfilter that takes 1.5 s to be proven', netfilter, 1_500],
  ['memory that takes 2 s to be proven', memory, 2_000],
  ['latency that takes 2.5 s to be proven', latency, 2_500],
])('%s is held as long as it was asked for, from its first effect to its last, within 0.3 s', async (_, fault, proofMs) => {
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
  const engine = around(world.engine(), async ({ method }, go) => {
    const said = await go()
    if (method !== 'log') return said
    const lines = String(said)
      .split('\n')
      .filter((line) => line !== '')
    return lines.filter((line) => JSON.parse(line).at >= from + proofMs).join('\n')
  })
  const run = await world.run(engine, suiteOf([stepOf(fault, { durationMs: 10_000 })]))
  isOver = true
  await world.play(looking)
  expect(run.status).toBe('succeeded')
  expect(Math.abs(to - from - 10_000)).toBeLessThanOrEqual(300)
})

it('a cut that is as long in being known as the step lasts is still seen while it is held, and once more', async () => {
  const engine = around(world.engine(), async ({ method }, go) => {
    const isCut = isFelt()
    const said = await go()
    if (method === 'dial' && isCut) await world.clock.sleep(3_000)
    return said
  })
  const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 3_000 })]))
  expect(run).toMatchObject({ status: 'succeeded', steps: [{ reasons: [] }] })
})
