import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import { UnfencedCalls } from '../../../lib/engine/lease/unfenced-calls.ts'
import { around } from '../../support/around.ts'
import { anyPod, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})
afterEach(() => world.close())

it('a DELETE that was given up without an answer keeps the run from being called undone for as long as it may arrive', async () => {
  let arrivedAt = 0
  const engine = around(world.engine(), async ({ method, args }, go) => {
    if (method !== 'delete' || args[0].kind !== 'Pod' || arrivedAt !== 0) return go()
    arrivedAt = world.clock.now() + 14_000
    void world.clock.sleep(14_000).then(go)
    await world.store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'enough', at: world.clock.now() })
    await world.clock.sleep(10_000)
    throw new KubernetesError('unavailable', 0, 'no answer within 10 s; it may have been carried out all the same', { retryable: true })
  })
  const run = await world.run(engine, suiteOf([stepOf(podDelete, { targets: { ...anyPod, count: 2 } })]))
  expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted' } })
  expect(run.steps[0]?.revertedAt).toBeGreaterThan(arrivedAt)
  expect(run.steps[0]?.changes.map(({ code, message }) => `${code}: ${message}`).join()).toMatch(
    /^late_call: a delete of .* was never answered; the Pod (is gone|terminates): it may have done that$/,
  )
})

it.each([
  [25_000, false],
  [25_001, true],
])('a call that no fuse fences begins only with more of the lease left than it may live: %d ms left, sent: %s', async (leftMs, isSent) => {
  const nothing = async () => {}
  const caller = { stop: null, throwIfLost: () => {}, throwIfStopped: nothing, leaseLeftMs: () => leftMs, renewLease: nothing }
  const calls = new UnfencedCalls(caller, new VirtualClock(), 20_000)
  let sent = false
  const call = { verb: 'delete', kind: 'Pod', namespace: 'db', name: 'db-0', uid: 'u1' } as const
  const done = calls.send(call, async () => {
    sent = true
  })
  await (isSent ? done : expect(done).rejects.toMatchObject({ code: 'lease_too_short' }))
  expect(sent).toBe(isSent)
})
