import { afterEach, expect, it } from '@jest/globals'
import type { Suite } from '../../../lib/domain/suite.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import { anyPod, nodeDrain, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const deletes = (count: number) => stepOf(podDelete, { targets: { ...anyPod, count } })
const bound = 'of a workload at most half, and one has to stay Ready'

let world: World

afterEach(() => world.close())

const examined = async (suite: Suite) =>
  (await examineSuite(world.engine(), { cluster: world.cluster, suite, seed: 1 })).admission.refusals.map(({ message }) => message)

it('a step that would hit more than half of a workload is refused on record, and nothing is touched', async () => {
  world = await openWorld({ replicas: 3 })
  const before = world.footprint()
  const run = await world.run(world.engine(), suiteOf([deletes(1), deletes(2)]))
  const message = `2 of 3 pods is 2; at most 1 may be hit: ${bound} (Deployment jadevectordb: 3 of 3 Ready), unless the step says "blastRadius": "all"`
  expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'blast_radius', step: 1, message }] })
  expect((await world.store.runs.load(run.id))?.status).toBe('refused')
  expect(world.footprint()).toEqual(before)
})

it('a step is judged again when its turn comes, on the pods there are then', async () => {
  world = await openWorld({ replicas: 4 })
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: ns, name: 'jadevectordb' }
  let isScaled = false
  const engine = world.engine('driver-1', {
    observe: ({ run }) => {
      if (run.status !== 'resting' || isScaled) return
      isScaled = true
      void world.cluster.objects.patch(object, { spec: { replicas: 2 } })
    },
  })
  const run = await world.run(engine, suiteOf([{ ...deletes(1), intervalMs: 30_000 }, deletes(2)]))
  expect(run.steps.map(({ verdict }) => verdict)).toEqual(['succeeded', 'failed'])
  expect(run.steps[1]?.reasons.map(({ detail }) => detail).join()).toMatch(/^2 of 2 pods is 2; at most 1 may be hit/)
  expect((await world.store.ledger.list(run.id)).map(({ step }) => step)).toEqual([0])
})

it('a drain takes a node whose pods are not too many of a workload, and is refused where it names one whose are', async () => {
  world = await openWorld({ nodes: 2, replicas: 3 })
  const nodes = world.sandbox
    .objects()
    .flatMap(({ kind, metadata, spec }) =>
      kind === 'Pod' && metadata.namespace === ns && metadata.labels?.app === 'jadevectordb'
        ? [String((spec as { nodeName?: string }).nodeName)]
        : [],
    )
  const full = nodes.find((node) => nodes.filter((other) => other === node).length === 2) ?? 'none'
  expect(await examined(suiteOf([stepOf(nodeDrain, { targets: anyPod })]))).toEqual([])
  const named = stepOf(nodeDrain, { targets: { ...anyPod, node: full } })
  const message = `2 of the 3 pods of Deployment jadevectordb would be hit; at most 1 may be (half of them), unless the step says "blastRadius": "all"`
  expect(await examined(suiteOf([named]))).toEqual([message])
  expect(await examined(suiteOf([{ ...named, blastRadius: 'all' }]))).toEqual([])
  expect(await examined(suiteOf([stepOf(nodeDrain, { targets: { ...anyPod, count: 5 }, blastRadius: 'all' })]))).toEqual([
    expect.stringMatching(/^no schedulable node would be left/),
  ])
})
