import { afterEach, describe, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import type { PartitionSpec } from '../../lib/domain/suite.ts'
import { planStep } from '../../lib/engine/acts/plan.ts'
import { contextOf } from '../support/fault-context.ts'
import { deploy } from '../support/other-workloads.ts'
import { anyPod, latency, partition, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
const namespace = 'jadevectordb-system'
const split: PartitionSpec = { ...partition, mechanism: 'netfilter', scope: 'split' }

afterEach(() => world.close())

async function planOf(fault: PartitionSpec | typeof latency, targets: object = {}) {
  const suite = suiteOf([stepOf(fault, { targets: { ...anyPod, ...targets } })])
  return planStep(contextOf(world), { suite, index: 0, seed: 1 })
}

function peersIn(plan: Awaited<ReturnType<typeof planOf>>): readonly string[] {
  return plan.injections.flatMap(({ undo }) => (undo.kind === 'injector' ? Object.values(undo.peers).flat() : [])).sort()
}

async function addressesOf(app: string): Promise<readonly string[]> {
  const list = world.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: `app=${app}` })
  return (await world.play(list)).map(({ status }) => String(status?.podIP)).sort()
}

describe('the far side of a cut', () => {
  it('is who its own selector names, and not the rest of the workload', async () => {
    world = await openWorld()
    await deploy(world, 'replica', namespace)
    const replicas = await addressesOf('replica')
    expect(replicas).toHaveLength(3)
    expect(peersIn(await planOf({ ...split, against: 'app=replica' }))).toEqual(replicas)
    expect(peersIn(await planOf({ ...latency, peersOnly: true, against: 'app=replica' }))).toEqual(replicas)
    const own = peersIn(await planOf(split))
    expect(own.length).toBeGreaterThan(0)
    expect(own).not.toContain(replicas[0])
  })

  it('has none of the targets, where its selector names some of them', async () => {
    world = await openWorld()
    const all = await addressesOf('jadevectordb')
    const plan = await planOf({ ...split, against: 'app=jadevectordb' })
    const [target] = plan.injections.flatMap(({ targets }) => targets)
    const own = world.sandbox.get('pods', target?.name ?? '', namespace)?.status?.podIP
    expect(peersIn(plan).filter((address) => all.includes(address))).toEqual(all.filter((address) => address !== own))
  })

  it('that has no pods refuses the step', async () => {
    world = await openWorld()
    const plan = await planOf({ ...split, against: 'role=replica' })
    expect(plan.injections).toEqual([])
    expect(plan.refusals).toEqual([
      { code: 'no_targets', message: expect.stringMatching(/^pod \S+ has no other pod that matches role=replica \(`against`\)/) },
    ])
  })
})
