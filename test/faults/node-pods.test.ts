import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { anyPod, crashloop, partition, podDelete, podKill, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
const namespace = 'jadevectordb-system'

/** An agent on every node, on its network. */
beforeEach(async () => {
  world = await openWorld()
  const labels = { app: 'agent' }
  const spec = { hostNetwork: true, containers: [{ name: 'main', image: 'example.org/main:1' }] }
  world.sandbox.create('daemonsets', {
    metadata: { name: 'agent', namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
  await world.pass(5_000)
})
afterEach(() => world.close())

const suite = (fault: FaultSpec) => suiteOf([stepOf(fault, { targets: { ...anyPod, selector: 'app=agent' } })])
const afterOf = async (run: { readonly id: string }) =>
  (await world.store.ledger.list(run.id)).flatMap(({ evidence }) => evidence.filter((e) => e.phase === 'after')).map((e) => e.summary)

describe("a DaemonSet's pod on the host network", () => {
  it('is deleted where that was asked for, and the DaemonSet is whole again in the end', async () => {
    const run = await world.run(world.engine(), suite({ ...podDelete, allowNodePods: true }))
    expect(run.status).toBe('succeeded')
    expect(await afterOf(run)).toEqual(['DaemonSet agent has 3 ready pods again'])
  })

  it('is deleted without the right to read DaemonSets, too', async () => {
    world.sandbox.forbid({ verb: 'get', resource: 'daemonsets' })
    const run = await world.run(world.engine(), suite({ ...podDelete, allowNodePods: true }))
    expect(run.status).toBe('succeeded')
  })

  it.each([
    ['killed', { ...podKill, allowNodePods: true } as FaultSpec],
    ['kept from running', { ...crashloop, allowNodePods: true } as FaultSpec],
  ])('is %s where that was asked for', async (_, fault) => {
    expect((await world.run(world.engine(), suite(fault))).status).toBe('succeeded')
  })

  it.each([
    ['pod-delete', podDelete as FaultSpec, 'it is on the host network (allowNodePods permits it)'],
    ['a cut', { ...partition, mechanism: 'netfilter' } as FaultSpec, 'it is on the host network: a fault there would hit the node itself'],
  ])('is refused else: %s', async (_, fault, why) => {
    const run = await world.run(world.engine(), suite(fault))
    expect(run.status === 'refused' && run.refusals.map(({ message }) => message)).toContainEqual(expect.stringContaining(why))
  })
})
