import { afterEach, expect, it } from '@jest/globals'
import type { Suite } from '../../../lib/domain/suite.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import { forbidEvictions } from '../../support/other-workloads.ts'
import { anyPod, memory, nodeDrain, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const deployment = { namespace: ns, name: 'jadevectordb' }
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
  let isScaled = false
  const engine = world.engine('driver-1', {
    observe: ({ run }) => {
      if (run.status !== 'resting' || isScaled) return
      isScaled = true
      world.sandbox.patch('deployments', deployment, { spec: { replicas: 2 } })
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

it("the owner's rules refuse a run with every reason, and again a step on what is there then; the suite's own hold beside them", async () => {
  world = await openWorld({ replicas: 6 })
  const guards = [{ kinds: ['pod-delete' as const] }, { for: { cluster: 'prod-*' }, namespaces: ['none'] }, { perWorkload: { count: 1 } }]
  const engine = world.engine('driver-1', { config: { guards } })
  const refused = await world.run(engine, suiteOf([stepOf(memory), deletes(2)], { guards: { longestStep: 5 } }), { key: 'refused' })
  expect(refused.status === 'refused' ? refused.refusals.map(({ step, code, message }) => [step, code, message]) : refused.status).toEqual([
    [0, 'guard', 'step memory: memory-exhaustion is not among the kinds that are allowed: pod-delete'],
    [0, 'guard', 'step memory lasts 10 s; allowed: 5 s'],
    [1, 'guard', 'step pod-delete lasts 10 s; allowed: 5 s'],
    [1, 'guard', '2 of the 6 pods of Deployment jadevectordb would be hit; allowed: 1'],
  ])
  let isScaled = false
  const watched = world.engine('driver-1', {
    config: { guards: [{ fewestReady: 5 }] },
    observe: ({ run }) => {
      if (run.status !== 'resting' || isScaled) return
      isScaled = true
      world.sandbox.patch('deployments', deployment, { spec: { replicas: 5 } })
    },
  })
  const run = await world.run(watched, suiteOf([{ ...deletes(1), intervalMs: 30_000 }, deletes(1)]))
  expect(run.steps.map(({ verdict }) => verdict)).toEqual(['succeeded', 'failed'])
  expect(run.steps[1]?.reasons[0]?.detail).toBe('4 pods of Deployment jadevectordb would stay Ready; at least 5 have to')
})

it('nothing is injected where the namespace or the Deployment is opted out', async () => {
  world = await openWorld()
  const annotations = { 'faultline.dev/opt-out': 'true' }
  const sets = world.sandbox.objects().filter(({ kind, metadata }) => kind === 'ReplicaSet' && metadata.namespace === ns)
  for (const { metadata } of sets) world.sandbox.patch('replicasets', { namespace: ns, name: metadata.name }, { metadata: { annotations } })
  const refusals = await examined(suiteOf([deletes(1)]))
  expect(refusals).toHaveLength(3)
  expect(refusals[0]).toMatch(/ is refused: its workload is opted out \(annotation faultline.dev\/opt-out\)$/)
  await world.cluster.objects.patch({ apiVersion: 'v1', kind: 'Namespace', name: ns }, { metadata: { annotations } })
  expect(await examined(suiteOf([deletes(1)]))).toContain(`namespace ${ns} is opted out (annotation faultline.dev/opt-out)`)
})

it('a step without headroom in a disruption budget is refused with each of them, goes past them in so many words, and never by the owner', async () => {
  world = await openWorld({ replicas: 3 })
  await forbidEvictions(world, 3)
  const message = /^PodDisruptionBudget all allows 0 disruptions now; Ready pods of it that would be hit: jadevectordb-\S+$/
  const liftable = expect.stringMatching(/^PodDisruptionBudget all allows 0 .*; unless the step says "blastRadius": "all"$/)
  expect(await examined(suiteOf([deletes(1)]))).toEqual([liftable])
  expect(await examined(suiteOf([stepOf(nodeDrain, { targets: anyPod })]))).toEqual([liftable])
  expect(await examined(suiteOf([{ ...deletes(1), blastRadius: 'all' }]))).toEqual([])
  expect(await examined(suiteOf([{ ...deletes(1), blastRadius: 'all' }], { guards: { disruptionBudgets: true } }))).toEqual([
    expect.stringMatching(message),
  ])
  expect(await examined(suiteOf([stepOf(memory)]))).toEqual([])
})

it('budgets that may not be listed are told, and refuse where the owner wants them held', async () => {
  world = await openWorld({ replicas: 3 })
  world.sandbox.disturb(({ path }) => (path.includes('poddisruptionbudgets') ? { status: 403 } : undefined))
  const suite = suiteOf([deletes(1)])
  const engine = world.engine()
  const { admission } = await examineSuite(engine, { cluster: world.cluster, suite, seed: 1 })
  expect(admission.refusals).toEqual([])
  expect(admission.steps[0]?.warnings).toContain(
    'PodDisruptionBudgets may not be listed, so their headroom is not known (deploy/rbac.yaml grants it)',
  )
  expect(await examined({ ...suite, guards: { disruptionBudgets: true } })).toEqual([
    'PodDisruptionBudgets may not be listed, so their headroom is not known (deploy/rbac.yaml grants it)',
  ])
})
