import { afterEach, expect, it } from '@jest/globals'
import type { Engine } from '../../../lib/engine/engine.ts'
import { type Around, around } from '../../support/around.ts'
import { Relay } from '../../support/relay.ts'
import { anyPod, partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const cut = suiteOf([stepOf(partition, { targets: anyPod })])

let world: World

afterEach(() => world.close())

/** When policies were asked for, and by whom. */
const made: (readonly [owner: string, at: number])[] = []

function counted(engine: Engine, act: Around = (_, go) => go()): Engine {
  return around(engine, (call, go) => {
    const { method, args } = call
    if (method === 'create' && args[0].kind === 'NetworkPolicy' && args[1]?.dryRun !== true) made.push([engine.owner, world.clock.now()])
    return act(call, go)
  })
}

it('a policy that no CNI enforces is given up after one patience of 45 s, however many drivers share it', async () => {
  world = await openWorld({ enforceNetworkPolicies: false })
  made.length = 0
  const relay = new Relay(world, {
    timeMs: 20_000,
    handOver: { firstMs: 10_000, againMs: 5_000, leaveMs: 300 },
    deliver: () => [100],
    through: (engine) => counted(engine),
  })
  const run = await relay.run(cut)
  const [injection] = await world.store.ledger.list(run.id)
  expect(run).toMatchObject({ status: 'no_effect', abort: null })
  expect(relay.left.length).toBeGreaterThanOrEqual(4)
  const gaveUpAt = injection?.evidence.find(({ phase }) => phase === 'during')?.at ?? 0
  expect(gaveUpAt - (injection?.injectingAt ?? 0)).toBeLessThanOrEqual(46_000)
  expect(made.filter(([, at]) => at > (injection?.injectingAt ?? 0) + 46_000)).toEqual([])
})

/** The second driver comes late, when its fuse needs more time, or so soon that the fuse has all the time it needs. */
const late = { offeredMs: 3_000, tookMs: 2_500 }
const soon = { offeredMs: 1_000, tookMs: 100 }

it.each([
  ['burns by itself', late, 'fuse_burnt', 'kubernetes'],
  ['is taken away by a person', late, 'halted', 'kubectl'],
  ['is taken away by a person', soon, 'halted', 'kubectl'],
] as const)('a fuse that %s between two drivers (%j) is looked at before anything is made under it', async (how, times, reason, by) => {
  world = await openWorld()
  made.length = 0
  const end = () => {
    const fuse = world.sandbox.objects().find(({ kind, metadata }) => kind === 'Job' && metadata.labels?.['faultline.dev/role'] === 'fuse')
    const ref = { namespace: ns, name: fuse?.metadata.name ?? '' }
    if (how === 'burns by itself') world.sandbox.patch('jobs', ref, { spec: { activeDeadlineSeconds: 1 } })
    else world.sandbox.delete('jobs', ref)
  }
  let offered = false
  const relay = new Relay(world, {
    timeMs: 6_000,
    handOver: { firstMs: 6_000 - times.offeredMs, againMs: 1_500, leaveMs: 300 },
    deliver: () => {
      if (!offered) end()
      offered = true
      return [times.tookMs]
    },
    through: (engine) =>
      counted({ ...engine, config: { ...engine.config, sampleMs: 60_000 } }, async ({ method, args }, go) => {
        const isMarking = method === 'patch' && args[0].kind === 'Pod'
        if (isMarking && engine.owner === 'driver-1') await world.clock.sleep(60_000)
        return go()
      }),
  })
  const run = await relay.run(cut)
  expect(offered).toBe(true)
  expect(run).toMatchObject({ status: 'aborted', abort: { reason, by } })
  expect(made.filter(([owner]) => owner !== 'driver-1')).toEqual([])
  await world.pass(60_000)
  expect(world.sandbox.objects().filter(({ kind }) => kind === 'NetworkPolicy')).toEqual([])
})
