import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Target } from '../../lib/domain/injection.ts'
import type { Pod } from '../../lib/domain/kube.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { noteBegun } from '../../lib/faults/performed-actions.ts'
import { podDelete } from '../../lib/faults/pod-delete.ts'
import { around } from '../support/around.ts'
import { contextOf, evidenceOf, injectionOf } from '../support/fault-context.ts'
import { barePod, forbidEvictions } from '../support/other-workloads.ts'
import { anyPod, stepOf, suiteOf, podDelete as wanted } from '../support/suites.ts'
import { deletionUndo } from '../support/undo-data.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const namespace = 'jadevectordb-system'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())

function workloadPods(): readonly Pod[] {
  return world.sandbox.objects().filter((o) => o.kind === 'Pod' && o.metadata.labels?.app === 'jadevectordb') as unknown as readonly Pod[]
}

function targets(): readonly Target[] {
  return workloadPods().map(({ metadata, spec }) => ({
    kind: 'Pod',
    namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    node: spec.nodeName ?? '',
  }))
}

describe('deleting pods', () => {
  it('stops at the first pod once the run is to stop', async () => {
    let deleted = 0
    const context = contextOf(world, {
      unfenced: async (_, send) => {
        if (deleted > 0) throw new FaultlineError('refused', 'the run is to stop')
        deleted++
        return send()
      },
    })
    const injection = injectionOf('pod-delete', { targets: targets(), undo: deletionUndo() })
    await expect(podDelete.inject(context, injection)).rejects.toMatchObject({ code: 'refused' })
    expect(workloadPods().filter((pod) => pod.metadata.deletionTimestamp !== undefined)).toHaveLength(1)
  })

  it('is no effect when the pods went away before they could be deleted', async () => {
    let deletedByUs = 0
    let gone = false
    const engine = around(
      world.engine('driver-1', {
        observe: ({ run }) => {
          if (run.status !== 'injecting' || gone) return
          gone = true
          for (const { metadata } of workloadPods())
            world.sandbox.delete('pods', { name: metadata.name, namespace }, { gracePeriodSeconds: 0 })
        },
      }),
      async ({ method, args }, go) => {
        if (method === 'delete' && args[0].kind === 'Pod') deletedByUs++
        return go()
      },
    )
    const run = await world.run(engine, suiteOf([stepOf(wanted)]))
    expect(deletedByUs).toBe(0)
    expect(run).toMatchObject({
      status: 'no_effect',
      steps: [{ reasons: [{ code: 'no_effect', detail: expect.stringMatching(/went away before it could be deleted/) }] }],
    })
  })

  it('names only the pods that it deleted itself', async () => {
    const [first, second] = targets()
    if (first === undefined || second === undefined) throw new Error('two pods are needed')
    const injection = injectionOf('pod-delete', { targets: [first, second], undo: deletionUndo({ graceSeconds: 0 }) })
    noteBegun(contextOf(world), injection)
    world.sandbox.delete('pods', { name: second.name, namespace }, { gracePeriodSeconds: 0 })
    await podDelete.inject(contextOf(world), injection)
    const evidence = await podDelete.evidence(contextOf(world), injection, 'during')
    expect(evidence).toMatchObject({
      finding: 'yes',
      summary: `${first.name} deleted (UID gone or terminating); ${second.name} went away before it could be deleted`,
    })
  })

  it('may be ours where its answer was lost: unknown, neither no effect nor certain', async () => {
    const [first] = targets()
    if (first === undefined) throw new Error('a pod is needed')
    const injection = injectionOf('pod-delete', { targets: [first], undo: deletionUndo({ graceSeconds: 0 }) })
    let lost = false
    world.sandbox.disturb(({ method, path }) => {
      if (method !== 'DELETE' || lost || !path.includes(first.name)) return undefined
      lost = true
      world.sandbox.delete('pods', { name: first.name, namespace }, { gracePeriodSeconds: 0 })
      return { drop: true }
    })
    await world.play(podDelete.inject(contextOf(world), injection))
    expect(await podDelete.evidence(contextOf(world), injection, 'during')).toMatchObject({
      finding: 'unknown',
      summary: `${first.name} gone; our DELETE may have done it (its answer was lost)`,
      measurements: [{ target: first.name, value: 'unclear' }],
    })
  })

  it('takes no successor of the same name that came between look and DELETE', async () => {
    const metadata = { name: 'db-0', namespace, labels: { app: 'db' } }
    const spec = { containers: [{ name: 'main', image: 'example.org/main:1' }] }
    const first = world.sandbox.create('pods', { metadata, spec })
    const target: Target = { kind: 'Pod', namespace, name: 'db-0', uid: first.metadata.uid, node: '' }
    const injection = injectionOf('pod-delete', { targets: [target], undo: deletionUndo() })
    const context = contextOf(world, {
      unfenced: (_, send) => {
        world.sandbox.delete('pods', { name: 'db-0', namespace }, { gracePeriodSeconds: 0 })
        world.sandbox.create('pods', { metadata, spec })
        return send()
      },
    })
    await podDelete.inject(context, injection)
    const successor = world.sandbox.get('pods', 'db-0', namespace)
    expect(successor?.metadata.uid).not.toBe(target.uid)
    expect(successor?.metadata.deletionTimestamp).toBeUndefined()
    expect(await podDelete.evidence(context, injection, 'during')).toMatchObject({ finding: 'no' })
  })

  it('is known to a later driver from the ledger', async () => {
    const [first] = targets()
    if (first === undefined) throw new Error('a pod is needed')
    world.sandbox.delete('pods', { name: first.name, namespace }, { gracePeriodSeconds: 0 })
    const during = evidenceOf('during', 'yes', [{ target: first.name, name: 'pod', unit: '', value: 'deleted' }])
    const injection = injectionOf('pod-delete', { targets: [first], evidence: [during] })
    expect(await podDelete.evidence(contextOf(world), injection, 'end')).toMatchObject({ finding: 'yes' })
  })
})

describe('the plan of a delete', () => {
  const warningsOf = async (run: { readonly id: string }) =>
    (await world.store.ledger.history(run.id)).find((e) => e.type === 'step_planned')?.data?.warnings

  it('warns of long graces, of finalizers, and of a budget that a DELETE goes past', async () => {
    for (const { name } of targets())
      world.sandbox.patch(
        'pods',
        { name, namespace },
        { metadata: { finalizers: ['example.org/hold'] }, spec: { terminationGracePeriodSeconds: 600 } },
      )
    await forbidEvictions(world, 3)
    const run = await world.run(world.engine(), suiteOf([stepOf(wanted, { blastRadius: 'all' })]), { giveUpAfterMs: 1_000 })
    expect(await warningsOf(run)).toEqual([
      expect.stringMatching(/^jadevectordb-\S+ may take 600 s to terminate \(its grace\)$/),
      expect.stringMatching(/^jadevectordb-\S+ stays until its finalizers are taken off: example.org\/hold$/),
      expect.stringMatching(/^PodDisruptionBudget all allows 0 disruptions now; Ready pods of it that would be hit: jadevectordb-\S+$/),
    ])
  })
})

describe('the proof that deleted pods are back', () => {
  it('is the whole workload: a pod that a finalizer keeps is told and holds nothing up', async () => {
    const [first] = targets()
    if (first === undefined) throw new Error('a pod is needed')
    const [pod] = workloadPods()
    const owner = pod?.metadata.ownerReferences?.[0]
    const owners = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner?.name ?? '', uid: owner?.uid ?? '', ready: 3 }]
    const injection = injectionOf('pod-delete', { targets: [first], undo: deletionUndo({ owners, graceSeconds: 0 }) })
    world.sandbox.patch('pods', { name: first.name, namespace }, { metadata: { finalizers: ['example.org/hold'] } })
    await podDelete.inject(contextOf(world), injection)
    expect(await podDelete.undone(contextOf(world), injection)).toMatchObject({ finding: 'no' })
    await world.pass(10_000)
    expect(await podDelete.undone(contextOf(world), injection)).toMatchObject({
      finding: 'yes',
      summary: expect.stringMatching(
        /^ReplicaSet \S+ has 3 ready pods again, \S+ is terminating \(its grace ends at \S+Z; finalizers example.org\/hold hold it\)$/,
      ),
    })
  })

  it('says of a pod without a controller that nothing brings it back', async () => {
    await barePod(world, { name: 'bare', namespace })
    const fault: FaultSpec = { ...wanted, allowBarePods: true } as FaultSpec
    const suite = suiteOf([stepOf(fault, { targets: { ...anyPod, selector: 'app=bare' } })], { recoveryTimeoutMs: 5_000 })
    const run = await world.run(world.engine(), suite)
    const history = await world.store.ledger.history(run.id)
    expect(history.find((e) => e.type === 'reverted')?.message).toMatch(
      /^undone, with proof: nothing brings bare back \(no controller\); 3 of 4 pods were ready for \d+ s$/,
    )
  })

  it('counts the Ready pods of a controller of an unknown kind, without reading it', async () => {
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const found = await go()
      if (method !== 'list' || args[0].kind !== 'Pod') return found
      return (found as readonly Pod[]).map((pod) => ({
        ...pod,
        metadata: {
          ...pod.metadata,
          ...(pod.metadata.ownerReferences === undefined
            ? {}
            : {
                ownerReferences: pod.metadata.ownerReferences.map((o) => ({
                  ...o,
                  kind: 'CloneSet',
                  apiVersion: 'apps.kruise.io/v1alpha1',
                })),
              }),
        },
      }))
    })
    const run = await world.run(engine, suiteOf([stepOf(wanted)]))
    const [injection] = await world.store.ledger.list(run.id)
    expect(run.status).toBe('succeeded')
    expect(injection?.evidence.find((e) => e.phase === 'after')?.summary).toMatch(/^CloneSet \S+ has 3 ready pods again$/)
  })

  it('cannot tell whether a controller of an unknown kind was scaled down', async () => {
    const owner = { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet', name: 'web', uid: 'u', ready: 2 }
    const injection = injectionOf('pod-delete', { targets: targets().slice(0, 1), undo: deletionUndo({ owners: [owner] }) })
    const evidence = await podDelete.undone(contextOf(world), injection)
    expect(evidence).toMatchObject({
      finding: 'unknown',
      summary: 'replacements are not Ready: CloneSet web has 0 of 2 ready pods (whether it was scaled down meanwhile cannot be told)',
    })
  })

  it('expects no pods of a Job that has ended', async () => {
    const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.org/once:1' }] } } }
    world.sandbox.create('jobs', { metadata: { name: 'once', namespace }, spec: { ...spec, activeDeadlineSeconds: 3 } })
    const { uid = '' } = world.sandbox.get('jobs', 'once', namespace)?.metadata ?? {}
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'once', uid, ready: 1 }
    const injection = injectionOf('pod-delete', { targets: targets().slice(0, 1), undo: deletionUndo({ owners: [owner] }) })
    expect(await podDelete.undone(contextOf(world), injection)).toMatchObject({ finding: 'no' })
    await world.pass(40_000)
    expect(await podDelete.undone(contextOf(world), injection)).toMatchObject({ finding: 'yes', summary: 'Job once has ended' })
  })
})
