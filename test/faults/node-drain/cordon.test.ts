import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Node } from '../../../lib/domain/kube.ts'
import { cordonAnnotation, expiresAnnotation } from '../../../lib/domain/labels.ts'
import { reapRuns, sweepOrphans } from '../../../lib/engine/reap.ts'
import { cordon, uncordon } from '../../../lib/faults/node-drain/cordon.ts'
import { nodeDrain } from '../../../lib/faults/node-drain/node-drain.ts'
import { around } from '../../support/around.ts'
import { contextOf, injectionOf } from '../../support/fault-context.ts'
import { stepOf, suiteOf, nodeDrain as wanted } from '../../support/suites.ts'
import { cordonUndo } from '../../support/undo-data.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const injectors = 'faultline-injectors'
const name = 'sandbox-node-1'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())

const nodes = () => world.sandbox.objects().filter((o) => o.kind === 'Node') as unknown as readonly Node[]
const cordoned = () => nodes().flatMap((node) => (node.spec.unschedulable === true ? [node.metadata.name] : []))
const marked = () => nodes().filter((node) => node.metadata.annotations?.[cordonAnnotation] !== undefined)
const patchSpec = (unschedulable: true | null) => world.sandbox.patch('nodes', { name }, { spec: { unschedulable } })
const drainOf = () =>
  injectionOf('node-drain', {
    targets: [{ kind: 'Node', namespace: '', name, uid: world.sandbox.get('nodes', name)?.metadata.uid ?? '', node: name }],
    undo: cordonUndo({ allowEmptyDir: true }),
  })

describe('whose a cordon is', () => {
  it('that a person lifted and laid again is theirs: it stays, only our name goes, and the undo is proven', async () => {
    const context = contextOf(world)
    const injection = drainOf()
    await cordon(context, injection)
    patchSpec(null)
    patchSpec(true)
    expect(await nodeDrain.evidence(context, injection, 'end')).toMatchObject({
      finding: 'no',
      summary: expect.stringMatching(
        /^our cordon of node sandbox-node-1 was lifted by another client, and a new one laid by kubectl at 2026-01-05T09:00:1\dZ$/,
      ),
    })
    await nodeDrain.revert(context, injection)
    expect([cordoned(), marked()]).toEqual([[name], []])
    expect(await nodeDrain.undone(context, injection)).toMatchObject({
      finding: 'yes',
      summary: 'node sandbox-node-1 is no longer cordoned by us; another client cordoned it meanwhile',
    })
  })

  it('is looked at by the sweep of orphans, too: one that a person laid anew stays', async () => {
    const run = await world.run(world.engine(), suiteOf([stepOf(wanted, { durationMs: 4_000 })]))
    await cordon(contextOf(world), { ...drainOf(), undo: cordonUndo({ tag: `faultline-${run.id}-0-n0` }) })
    patchSpec(null)
    patchSpec(true)
    await world.play(sweepOrphans(world.engine(), world.cluster))
    expect([cordoned(), marked()]).toEqual([[name], []])
  })

  it('is ours by our annotation where something on the way strips managedFields', async () => {
    const bare = around(world.engine(), async ({ method }, go) => {
      const found = (await go()) as { kind?: string; metadata?: object } | undefined
      return method === 'get' && found?.kind === 'Node' ? { ...found, metadata: { ...found.metadata, managedFields: undefined } } : found
    })
    const context = contextOf(world, { cluster: await bare.connect(world.ref) })
    await cordon(context, drainOf())
    await uncordon(context, drainOf())
    expect([cordoned(), marked()]).toEqual([[], []])
  })
})

describe('the revert of a cordon', () => {
  it('refuses for good the patch that arrives after it, also when it found nothing of ours', async () => {
    const look = await world.cluster.objects.get<Node>({ apiVersion: 'v1', kind: 'Node', name })
    await uncordon(contextOf(world), drainOf())
    const late = {
      metadata: { resourceVersion: look?.metadata.resourceVersion, annotations: { [cordonAnnotation]: 'faultline-run-0-n0' } },
      spec: { unschedulable: true },
    }
    await expect(world.cluster.objects.patch({ apiVersion: 'v1', kind: 'Node', name }, late)).rejects.toMatchObject({ code: 'conflict' })
    expect([cordoned(), marked()]).toEqual([[], []])
  })

  it('lays no cordon on a node that changed between look and patch before it looked again', async () => {
    let changed = false
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const answer = await go()
      if (method === 'get' && args[0].kind === 'Node' && !changed) {
        changed = true
        patchSpec(true)
      }
      return answer
    })
    const context = contextOf(world, { cluster: await engine.connect(world.ref) })
    await expect(cordon(context, drainOf())).rejects.toMatchObject({ message: 'node sandbox-node-1 was cordoned by another client' })
    expect(marked()).toEqual([])
  })
})

describe("a cordon's fuse", () => {
  /** Drives a drain until it is held, then the process dies without a word; when the fuse burns. */
  async function dieWhileHolding(durationMs = 60_000): Promise<number> {
    let dead = false
    const engine = world.engine('dead', {
      hook: () => {
        if (dead) throw new Error('the process is dead')
      },
      observe: ({ run }) => {
        if (run.status === 'holding') dead = true
      },
    })
    await expect(world.run(engine, suiteOf([stepOf(wanted, { durationMs })]))).rejects.toThrow()
    const [run] = await world.store.runs.list()
    const [injection] = await world.store.ledger.list(run?.id ?? '')
    return injection?.armed?.burnsAt ?? 0
  }

  const pod = () => {
    const found = world.sandbox.objects().filter((o) => o.kind === 'Pod' && o.metadata.namespace === injectors)
    return { name: found.at(-1)?.metadata.name ?? '', namespace: injectors }
  }

  it.each<[string, number, () => void]>([
    ['is killed for its memory', 30_000, () => world.sandbox.crash(pod(), 137)],
    ['is killed a moment before it burns', 1_000, () => world.sandbox.crash(pod(), 137)],
    ['is evicted', 30_000, () => world.sandbox.delete('pods', pod())],
    ['is deleted by force', 30_000, () => world.sandbox.delete('pods', pod(), { gracePeriodSeconds: 0 })],
  ])('holds until its time, and lifts the cordon within 15 s of it, though its pod %s', async (_, beforeMs, harm) => {
    const burnsAt = await dieWhileHolding()
    const [node] = cordoned()
    await world.pass(burnsAt - beforeMs - world.clock.now())
    harm()
    await world.pass(burnsAt - 500 - world.clock.now())
    expect(cordoned()).toEqual([node])
    await world.pass(15_500)
    expect([cordoned(), marked()]).toEqual([[], []])
  })

  it.each([
    ['long before it burns', 200],
    ['a moment before it burns', 1],
  ])('lifts the cordon within 90 s of the loss of its node %s, or at its time: another pod goes on elsewhere', async (_, beforeSeconds) => {
    const burnsAt = await dieWhileHolding(300_000)
    const [node] = cordoned()
    await world.pass(burnsAt - beforeSeconds * 1000 - world.clock.now())
    // A lost node's processes do nothing any more; its pods stay, terminating, once Kubernetes has noticed, 40 to 50 s later.
    const lost = pod()
    const lostAt = world.clock.now()
    world.sandbox.freeze(lost)
    world.sandbox.patch('pods', lost, { metadata: { finalizers: ['example.org/lost'] } })
    await world.pass(50_000)
    expect(cordoned()).toEqual([node])
    world.sandbox.delete('pods', lost)
    await world.pass(Math.max(burnsAt - 500, lostAt + 50_000) - world.clock.now())
    expect(cordoned()).toEqual([node])
    await world.pass(Math.max(burnsAt + 5_000, lostAt + 90_000) - world.clock.now())
    expect([cordoned(), marked()]).toEqual([[], []])
    expect(world.sandbox.get('pods', lost.name, lost.namespace)).toBeDefined()
  })

  it('says when it burns, and is gone with its cordon once a reaper took the run', async () => {
    const burnsAt = await dieWhileHolding()
    const [job] = world.sandbox.objects().filter((o) => o.kind === 'Job' && o.metadata.namespace === injectors)
    expect(Date.parse(job?.metadata.annotations?.[expiresAnnotation] ?? '')).toBe(burnsAt)
    await world.pass(61_000)
    await world.play(reapRuns(world.engine('reaper'), await world.store.runs.list()))
    expect([cordoned(), marked()]).toEqual([[], []])
  })
})
