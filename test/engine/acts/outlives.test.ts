import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { FaultSpec } from '../../../lib/domain/suite.ts'
import { around } from '../../support/around.ts'
import { crashloop, latency, memory, netfilter, nodeDrain, partition, podPause, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())

const isCordoned = (object: { kind: string }) => object.kind === 'Node' && 'spec' in object && Object(object.spec).unschedulable === true

/** Everything that a fault does to anyone: policies, cordons, what injectors hold. Labels and the beacon are inert. */
function effects(): number {
  const objects = world.sandbox.objects()
  return objects.filter((object) => object.kind === 'NetworkPolicy' || isCordoned(object)).length + world.sandbox.effects().length
}

/** As `faultline plan` tells it of a step of 10 s: a lead of 20 s, the duration, and a margin of 10 s. */
const lastsMs = 40_000

/** Then Kubernetes needs a moment to act. */
it.each<[string, FaultSpec, number]>([
  ['partition by policy', partition, 3_000],
  ['partition by netfilter', netfilter, 5_000],
  ['memory', memory, 5_000],
  ['latency', latency, 5_000],
  ['crashloop', crashloop, 5_000],
  ['pod-pause', podPause, 5_000],
  ['node-drain', nodeDrain, 5_000],
])('%s outlives a runner that dies before it is active by no more than its plan says', async (_, fault, reactionMs) => {
  let died = 0
  const hook = () => {
    if (died > 0) throw new Error('the process is dead')
  }
  const engine = around(world.engine('dead', { hook }), async ({ method, args }, go) => {
    const answer = await go()
    const { kind, metadata } = Object(args[0])
    const isInjector =
      method === 'create' && kind === 'Job' && metadata?.labels?.['faultline.dev/role'] === 'injector' && args[1]?.dryRun !== true
    if (isInjector || (method === 'create' && kind === 'NetworkPolicy') || (method === 'patch' && kind === 'Node')) died = world.clock.now()
    return answer
  })
  await expect(world.run(engine, suiteOf([stepOf(fault)]))).rejects.toThrow()
  await world.pass(10_000)
  expect(effects()).toBeGreaterThan(0)
  await world.pass(died + lastsMs + reactionMs - world.clock.now())
  expect(effects()).toBe(0)
})
