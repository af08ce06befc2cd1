import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { armFuse } from '../../lib/faults/fuse.ts'
import { contextOf } from '../support/fault-context.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('arming a fuse', () => {
  it('is given up as soon as the run is to stop', async () => {
    const interrupt = new AbortController()
    const pod = { image: 'example.org/never-ready:1', serviceAccount: 'faultline-cordon-fuse', awayFrom: 'sandbox-node-1' }
    const spec = { namespace: 'faultline-injectors', name: 'faultline-run-0-n0', pod }
    world.sandbox.breakImage('example.org/never-ready')
    const began = world.clock.now()
    const arming = armFuse(contextOf(world, { interrupt: interrupt.signal }), spec, { step: 0, role: 'fuse', burnsAt: began + 120_000 })
    void world.clock.sleep(3_000).then(() => interrupt.abort())
    await expect(world.play(arming)).rejects.toMatchObject({
      code: 'refused',
      message: 'interrupted while waiting for fuse faultline-injectors/faultline-run-0-n0',
    })
    expect(world.clock.now() - began).toBeLessThan(4_000)
  })

  it.each([
    ['ahead of', -40_000],
    ['behind', 40_000],
  ])('is given up where the clock of the cluster is %s ours by more than the margin', async (side, offMs) => {
    const context = contextOf(world)
    const clock = { ...context.clock, now: () => context.clock.now() + offMs, sleep: (ms: number) => context.clock.sleep(ms) }
    const spec = { namespace: 'faultline-injectors', name: 'faultline-run-0', pod: null }
    const arming = armFuse({ ...context, clock }, spec, { step: 0, role: 'fuse', burnsAt: clock.now() + 120_000 })
    void world.pass(1_000)
    await expect(arming).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`the cluster's clock is (39|40|41) s ${side} this machine's; set the clocks`)),
    })
  })
})
