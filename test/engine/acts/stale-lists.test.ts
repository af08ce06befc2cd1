import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { sweepOrphans } from '../../../lib/engine/reap.ts'
import { around } from '../../support/around.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** An engine whose lists of NetworkPolicies show those of the fault while it held, for as long as `stale` says. */
function withStaleLists(stale: () => boolean, lookMs = 0) {
  let seen: unknown = null
  let looks = 0
  const engine = around(world.engine(), async ({ method, args }, go) => {
    const answer = await go()
    if (method !== 'list' || args[0].kind !== 'NetworkPolicy') return answer
    if (Array.isArray(answer) && answer.length > 0) seen = answer
    if (!stale() || seen === null) return answer
    if (++looks === 1 && lookMs > 0) await world.clock.sleep(lookMs)
    return seen
  })
  return { engine, sees: (objects: unknown) => (seen = objects) }
}

const policies = () => world.sandbox.objects().filter(({ kind }) => kind === 'NetworkPolicy')

it('what a stale list shows and a DELETE does not find is no orphan', async () => {
  let isVerifying = false
  const { engine, sees } = withStaleLists(() => isVerifying)
  const run = await world.run(
    {
      ...engine,
      observe: ({ run: { status } }) => {
        if (status === 'holding') sees(policies())
        isVerifying = status === 'verifying'
      },
    },
    suiteOf([stepOf(partition)]),
  )
  expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
})

it('one slow look leaves the collector its whole time', async () => {
  let isVerifying = false
  let since = 0
  const { engine, sees } = withStaleLists(() => isVerifying && world.clock.now() < since + 19_000, 12_000)
  let deletes = 0
  const watched = around(engine, ({ method, args }, go) => {
    if (isVerifying && method === 'delete' && args[0].kind === 'NetworkPolicy') deletes++
    return go()
  })
  await world.run(
    {
      ...watched,
      observe: ({ run: { status } }) => {
        if (status === 'holding') sees(policies())
        if (status === 'verifying' && !isVerifying) since = world.clock.now()
        isVerifying = status === 'verifying'
      },
    },
    suiteOf([stepOf(partition)]),
  )
  expect(deletes).toBe(0)
})

it('a sweep counts what it removed, not what was gone before it came', async () => {
  const run = await world.run(world.engine(), suiteOf([stepOf(partition)]))
  const ghost = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'ghost', namespace: run.namespace, uid: 'g', labels: { 'faultline.dev/run': run.id } },
  }
  const engine = around(world.engine(), async ({ method, args }, go) =>
    method === 'list' && args[0].kind === 'NetworkPolicy' ? [ghost] : go(),
  )
  expect(await world.play(sweepOrphans(engine, await engine.connect(world.ref)))).toEqual({
    found: ['NetworkPolicy jadevectordb-system/ghost (unknown role)'],
    removed: [],
    inert: [],
    failed: [],
  })
})
