import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import type { Node } from '../../../lib/domain/kube.ts'
import { cordonAnnotation } from '../../../lib/domain/labels.ts'
import { nodeDrain } from '../../../lib/faults/node-drain/node-drain.ts'
import { around } from '../../support/around.ts'
import { contextOf, injectionOf } from '../../support/fault-context.ts'
import { barePod, deploy, forbidEvictions } from '../../support/other-workloads.ts'
import { anyPod, stepOf, suiteOf, nodeDrain as wanted } from '../../support/suites.ts'
import { cordonUndo } from '../../support/undo-data.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())

function cordonedNodes(): readonly Node[] {
  const nodes = world.sandbox.objects().filter((o) => o.kind === 'Node') as unknown as readonly Node[]
  return nodes.filter((node) => node.spec.unschedulable === true)
}

/** The most nodes that were unschedulable at once, seen after every call of the engine. */
function countCordons() {
  const seen = { most: 0 }
  const engine = around(world.engine(), async (_, go) => {
    const result = await go()
    seen.most = Math.max(seen.most, cordonedNodes().length)
    return result
  })
  return { seen, engine }
}

const drain = suiteOf([stepOf(wanted)])

describe('the plan of a drain', () => {
  it.each([
    ['evict', { namespace: 'shop', resource: 'pods/eviction' }],
    ['look at', { namespace: 'shop', resource: 'pods', verb: 'get' }],
  ])('is refused when the node holds pods of another namespace that it may not %s', async (_, scope) => {
    await deploy(world, 'shop', 'shop')
    world.sandbox.forbid(scope)
    const { seen, engine } = countCordons()
    const run = await world.run(engine, drain)
    expect(run).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'permission', message: expect.stringMatching(/in namespace shop/) }],
    })
    expect(seen.most).toBe(0)
  })

  it('warns of pods of other namespaces, and of those that stay', async () => {
    await deploy(world, 'shop', 'shop')
    await deploy(world, 'coredns', 'kube-system')
    const run = await world.run(world.engine(), drain)
    const planned = (await world.store.ledger.history(run.id)).find((e) => e.type === 'step_planned')
    expect(planned?.data?.warnings).toEqual([
      expect.stringMatching(/evicts pods of other namespaces too: shop\/shop-/),
      expect.stringMatching(/leaves pods of the cluster itself and of the injectors there: kube-system\/coredns-/),
    ])
  })

  it('is refused when no node would be left for the pods', async () => {
    const { seen, engine } = countCordons()
    const everyNode = stepOf(wanted, { targets: { ...anyPod, count: null, percent: 100 }, blastRadius: 'all' })
    const run = await world.run(engine, suiteOf([everyNode]))
    expect(run).toMatchObject({ status: 'refused', refusals: [{ message: expect.stringMatching(/^no schedulable node would be left/) }] })
    expect(seen.most).toBe(0)
  })

  it("is refused when the injectors' namespace takes no Job", async () => {
    world.sandbox.deny({ resource: 'jobs', namespace: 'faultline-injectors', message: 'no Jobs here' })
    const run = await world.run(world.engine(), drain)
    expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'quota', message: expect.stringMatching(/no Jobs here/) }] })
  })
})

describe('a drain', () => {
  it("evicts nothing of the cluster's own, and says so", async () => {
    await deploy(world, 'coredns', 'kube-system')
    const evicted: string[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'evict') evicted.push(args[0].namespace)
      return go()
    })
    const run = await world.run(engine, drain)
    const [injection] = await world.store.ledger.list(run.id)
    expect(run.status).toBe('succeeded')
    expect(new Set(evicted)).toEqual(new Set(['jadevectordb-system']))
    expect(injection?.evidence.find((e) => e.phase === 'during')?.summary).toMatch(/left alone: kube-system\/coredns-/)
  })

  it('evicts no pod once the run is to stop', async () => {
    let calls = 0
    const context = contextOf(world, {
      unfenced: async (_, send) => {
        if (++calls > 1) throw new FaultlineError('refused', 'the run is to stop')
        return send()
      },
    })
    await expect(nodeDrain.inject(context, drainOf('sandbox-node-1'))).rejects.toMatchObject({ code: 'refused' })
    expect(podsGoing()).toEqual([])
  })

  it('destroys no bare pod that came to the node after the plan', async () => {
    let made = false
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const isFuse = method === 'create' && args[0].kind === 'Job' && args[0].metadata.namespace === 'faultline-injectors'
      if (isFuse && args[1]?.dryRun !== true && !made) {
        made = true
        const env: readonly { name: string; value: string }[] = args[0].spec.template.spec.containers[0].env
        await barePod(world, { name: 'bare', namespace: 'default', nodeName: env.find((e) => e.name === 'FAULTLINE_NODE')?.value ?? '' })
      }
      return go()
    })
    const run = await world.run(engine, drain)
    expect(run.steps[0]).toMatchObject({
      verdict: 'failed',
      reasons: [{ code: 'injection_failed', detail: expect.stringMatching(/^pod default\/bare on node .* has no controller/) }],
    })
    expect(world.sandbox.get('pods', 'bare', 'default')?.metadata.deletionTimestamp).toBeUndefined()
    expect(cordonedNodes()).toEqual([])
  })

  it('names the budget that holds a pod, and what it did evict in every namespace', async () => {
    await deploy(world, 'shop', 'shop')
    await forbidEvictions(world, 3)
    const run = await world.run(world.engine(), suiteOf([stepOf(wanted, { durationMs: 4_000, blastRadius: 'all' })]))
    expect(run.steps[0]).toMatchObject({
      verdict: 'no_effect',
      reasons: [
        {
          detail: expect.stringMatching(
            /^not drained: jadevectordb-system\/\S+ is held by a budget: The disruption budget all needs 3 healthy pods and has 3 currently; evicted: shop\/shop-/,
          ),
        },
      ],
    })
  })

  it('says in its plan that pods of Faultline stay, of other runs too', async () => {
    const spec = { containers: [{ name: 'main', image: 'example.org/main:1' }] }
    for (const nodeName of ['sandbox-node-1', 'sandbox-node-2', 'sandbox-node-3'])
      world.sandbox.create('pods', {
        metadata: { name: `driver-on-${nodeName}`, namespace: 'default', labels: { 'app.kubernetes.io/managed-by': 'faultline' } },
        spec: { ...spec, nodeName },
      })
    const run = await world.run(world.engine(), drain)
    const planned = (await world.store.ledger.history(run.id)).find((e) => e.type === 'step_planned')
    expect(planned?.data?.warnings).toEqual([
      expect.stringMatching(/leaves pods of Faultline there, of this run and others: default\/driver-on-sandbox-node-\d$/),
    ])
  })

  it('holds for its whole duration however slow its preparation was', async () => {
    const allow = await forbidEvictions(world, 3)
    let armedFrom = 0
    const engine = around(
      world.engine('driver-1', {
        observe: ({ run }) => {
          if (run.status !== 'injecting' || armedFrom > 0) return
          armedFrom = world.clock.now()
          void world.clock.sleep(90_000).then(allow)
        },
      }),
      async ({ method, args }, go) => {
        const found = (await go()) as { status?: object } | undefined
        const isFuse = method === 'get' && args[0].kind === 'Job' && args[0].namespace === 'faultline-injectors'
        return isFuse && found && world.clock.now() < armedFrom + 44_000 ? { ...found, status: { ...found.status, ready: 0 } } : found
      },
    )
    const run = await world.run(engine, suiteOf([stepOf(wanted, { durationMs: 20_000, blastRadius: 'all' })]))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ activeAt: expect.any(Number) }] })
  })
})

describe('a drain of a pod that takes 70 s of its 120 s to stop', () => {
  const slow = async () => {
    await world.close()
    world = await openWorld({ replicas: 3, stopDelayMs: 70_000 })
    const containers = [{ name: 'main', image: 'example.org/slow:1' }]
    await deploy(world, 'slow', 'shop', { terminationGracePeriodSeconds: 120, containers })
  }
  const targets = { ...anyPod, count: null, percent: 30 }

  it('waits for it within the time of the step', async () => {
    await slow()
    const step = stepOf(wanted, { durationMs: 180_000, targets })
    const run = await world.run(world.engine(), suiteOf([step], { recoveryTimeoutMs: 200_000, maxDurationMs: 1_200_000 }))
    expect(run).toMatchObject({ steps: [{ verdict: 'succeeded' }] })
  })

  it('says that it is terminating, and speaks of no budget, where the step is shorter', async () => {
    await slow()
    const step = stepOf(wanted, { durationMs: 20_000, targets })
    const run = await world.run(world.engine(), suiteOf([step], { recoveryTimeoutMs: 200_000 }))
    const [reason] = run.steps[0]?.reasons ?? []
    expect(reason?.detail).toMatch(/^not drained: \S+\/\S+ is terminating \(its grace ends at 2026-01-05T09:0\d:\d\dZ\)/)
    expect(reason?.detail).not.toMatch(/budget/i)
  })
})

describe('a cordon', () => {
  it('ends the step within seconds once a person uncordoned the node, and is not laid again', async () => {
    let uncordonedAt = 0
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        const [node] = cordonedNodes()
        if (run.status !== 'holding' || node === undefined) return
        uncordonedAt = world.clock.now()
        world.sandbox.patch('nodes', { name: node.metadata.name }, { spec: { unschedulable: null } })
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(wanted, { durationMs: 60_000 })]))
    expect((run.steps[0]?.revertedAt ?? 0) - uncordonedAt).toBeLessThan(6_000)
    expect(cordonedNodes()).toEqual([])
    expect(run.steps[0]).toMatchObject({
      verdict: 'no_effect',
      reasons: [
        {
          code: 'ended_early',
          detail: expect.stringMatching(/^our cordon of node .* was lifted by another client \(seen at 2026-01-05T09:\d\d:\d\dZ\)$/),
        },
      ],
    })
  })

  it.each([
    ['by kubectl, which leaves our mark', { spec: { unschedulable: null } }],
    ['with our mark', { spec: { unschedulable: null }, metadata: { annotations: { [cordonAnnotation]: null } } }],
  ])('that a person lifted %s is not made again', async (_, patch) => {
    const context = contextOf(world)
    const injection = drainOf('sandbox-node-1')
    await nodeDrain.inject(context, injection)
    world.sandbox.patch('nodes', { name: 'sandbox-node-1' }, patch)
    await expect(nodeDrain.inject(context, injection)).rejects.toMatchObject({
      code: 'refused',
      message: 'our cordon of node sandbox-node-1 was lifted by another client',
    })
    expect(cordonedNodes()).toEqual([])
  })

  it('that a person lifted while drivers changed is not made again either', async () => {
    const injection = drainOf('sandbox-node-1')
    await nodeDrain.inject(contextOf(world), injection)
    world.sandbox.patch('nodes', { name: 'sandbox-node-1' }, { spec: { unschedulable: null } })
    const successor = contextOf(world, { cluster: { ...world.cluster } })
    await expect(nodeDrain.inject(successor, injection)).rejects.toMatchObject({ code: 'refused' })
    expect(cordonedNodes()).toEqual([])
  })

  it('is not made when its fuse is gone', async () => {
    const armed = { namespace: 'faultline-injectors', name: 'faultline-run-0-n0', uid: 'gone', burnsAt: world.clock.now() + 60_000 }
    await expect(nodeDrain.inject(contextOf(world), { ...drainOf('sandbox-node-1'), armed })).rejects.toMatchObject({
      code: 'fuse_not_armed',
    })
    expect(cordonedNodes()).toEqual([])
  })
})

function drainOf(name: string) {
  const uid = world.sandbox.get('nodes', name)?.metadata.uid ?? ''
  return injectionOf('node-drain', {
    targets: [{ kind: 'Node', namespace: '', name, uid, node: name }],
    undo: cordonUndo({ allowEmptyDir: true }),
  })
}

function podsGoing(): readonly string[] {
  const pods = world.sandbox.objects().filter((o) => o.kind === 'Pod' && o.metadata.deletionTimestamp !== undefined)
  return pods.map((pod) => pod.metadata.name)
}
