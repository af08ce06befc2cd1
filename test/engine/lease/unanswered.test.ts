import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import { around } from '../../support/around.ts'
import { anyPod, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
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
    await world.store.controls.set({ kind: 'halt' }, 'ann', 'enough', world.clock.now())
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
