import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { Pod } from '../../../lib/domain/kube.ts'
import { finalRunBytes, recordLimitBytes } from '../../../lib/domain/record-size.ts'
import { around } from '../../support/around.ts'
import { anyPod, memory, partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

it('a run whose record would not fit at its end is refused before anything is done, with the figure', async () => {
  const before = world.footprint()
  const run = await world.run(world.engine(), suiteOf([stepOf(partition)], { description: 'x'.repeat(404_500) }))
  expect(run).toMatchObject({
    status: 'refused',
    refusals: [
      {
        code: 'blast_radius',
        step: null,
        message: expect.stringMatching(
          /^the record of a run of 1 steps would have \d{3} KB at its end, more than the 400 KB that can be stored; use several suites$/,
        ),
      },
    ],
  })
  expect(world.footprint()).toEqual(before)
})

it('a step that would outgrow the record of the run, as the cluster is by then, is refused before anything of it is begun', async () => {
  let beganAt: readonly string[] | undefined
  const engine = around(world.engine(), async ({ method, args }, go) => {
    const found = await go()
    if (method !== 'list' || args[0].kind !== 'Pod' || args[1]?.labelSelector !== undefined) return found
    const [run] = await world.store.runs.list()
    if (run?.status !== 'requested') return found
    beganAt ??= world.footprint()
    return (found as readonly Pod[]).filter(({ spec }) => spec.nodeName === 'sandbox-node-1')
  })
  const everyPod = stepOf(memory, { targets: { ...anyPod, count: null, percent: 100 }, blastRadius: 'all' })
  const free = recordLimitBytes - finalRunBytes(suiteOf([everyPod]), [1])
  const run = await world.run(engine, suiteOf([everyPod], { description: 'x'.repeat(free - 100) }))
  expect(run.status).toBe('failed')
  expect(run.steps[0]?.reasons).toMatchObject([{ detail: expect.stringContaining('more than the 400 KB that can be stored') }])
  expect(await world.store.ledger.list(run.id)).toEqual([])
  expect(world.footprint()).toEqual(beganAt)
})
