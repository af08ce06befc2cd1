import { describe, expect, it } from '@jest/globals'
import { allowanceOf, judgeBlastRadius, podsOnNodes, saysAll, workloadKey, workloadsIn } from '../../lib/domain/guard.ts'
import type { Inventory } from '../../lib/domain/inventory.ts'
import type { OwnerReference, Pod } from '../../lib/domain/kube.ts'
import { isReady } from '../../lib/domain/kube.ts'
import { seededRandom } from '../../lib/domain/random.ts'
import type { Selection } from '../../lib/domain/suite.ts'
import { chooseTargets } from '../../lib/domain/targets.ts'
import { anyPod, partition, podDelete, stepOf } from '../support/suites.ts'

const ref = (kind: string, name: string): OwnerReference => ({
  apiVersion: 'apps/v1',
  kind,
  name,
  uid: `${kind}/${name}`,
  controller: true,
})

function pod(name: string, owner: OwnerReference | null, change: { readonly ready?: boolean; readonly going?: boolean } = {}): Pod {
  const { ready = true, going = false } = change
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'ns',
      uid: `uid-${name}`,
      labels: { app: 'jadevectordb' },
      ownerReferences: owner === null ? [] : [owner],
      ...(going ? { deletionTimestamp: '2026-01-05T09:00:00Z' } : {}),
    },
    spec: { nodeName: `n${name.length % 3}`, containers: [{ name: 'db' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

const inventoryOf = (pods: readonly Pod[], parents: Inventory['parents'] = new Map()): Inventory => ({
  namespace: 'ns',
  pods,
  nodes: [],
  parents,
})

/** A StatefulSet of so many pods, the last `unready` of which are not Ready. */
const setOf = (total: number, unready = 0, name = 'db') =>
  Array.from({ length: total }, (_, i) => pod(`${name}-${i}`, ref('StatefulSet', name), { ready: i < total - unready }))

const percent = (value: number): Selection => ({ ...anyPod, count: null, percent: value })
const count = (value: number): Selection => ({ ...anyPod, count: value })
const choose = (pods: readonly Pod[], selection: Selection, all = false) =>
  chooseTargets(inventoryOf(pods), selection, { seed: 3, step: 0, all })

describe('how many pods of a workload a step may hit', () => {
  it.each([
    [1, 0, 1],
    [2, 0, 1],
    [3, 0, 1],
    [4, 0, 2],
    [5, 0, 2],
    [10, 0, 5],
    [4, 2, 1],
    [4, 3, 0],
    [2, 1, 0],
    [3, 3, 0],
    [10, 5, 4],
  ])('of %i pods, %i of them not Ready, it is %i', (total, unready, most) => {
    const [workload] = workloadsIn(inventoryOf(setOf(total, unready))).values()
    expect(workload && allowanceOf(workload)).toBe(most)
  })

  it('is a share of what serves: pods that go, have finished or are ours do not count', () => {
    const pods = [...setOf(3), pod('db-9', ref('StatefulSet', 'db'), { going: true })]
    const [workload] = workloadsIn(inventoryOf(pods)).values()
    expect(workload?.pods).toHaveLength(3)
  })

  it('is one share for all ReplicaSets of a Deployment, and one for each pod without a controller', () => {
    const parents = new Map([
      ['ReplicaSet/old', ref('Deployment', 'web')],
      ['ReplicaSet/new', ref('Deployment', 'web')],
    ])
    const pods = [pod('a', ref('ReplicaSet', 'old')), pod('b', ref('ReplicaSet', 'new')), pod('c', null), pod('d', null)]
    const workloads = [...workloadsIn(inventoryOf(pods, parents)).values()]
    expect(workloads.map(({ name, pods: of }) => [name, of.length])).toEqual([
      ['Deployment web', 2],
      ['Pod c', 1],
      ['Pod d', 1],
    ])
  })
})

describe('a choice of targets', () => {
  it('takes an amount that was asked for, or refuses it with what may be hit; never less in silence', () => {
    expect(choose(setOf(4), count(2)).chosen).toHaveLength(2)
    expect(choose(setOf(4), percent(50)).chosen).toHaveLength(2)
    const bound = 'of a workload at most half, and one has to stay Ready'
    const unless = 'unless the step says "blastRadius": "all"'
    const refused = (pods: readonly Pod[], selection: Selection) =>
      choose(pods, selection).refusals.map(({ code, message }) => [code, message])
    expect(refused(setOf(4), count(3))).toEqual([
      ['blast_radius', `3 of 4 pods is 3; at most 2 may be hit: ${bound} (StatefulSet db: 4 of 4 Ready), ${unless}`],
    ])
    expect(refused(setOf(4), percent(80))).toEqual([
      ['blast_radius', `80 % of 4 pods is 3; at most 2 may be hit: ${bound} (StatefulSet db: 4 of 4 Ready), ${unless}`],
    ])
    expect(refused(setOf(3), { ...percent(100), names: ['db-0', 'db-1'] })).toEqual([
      ['blast_radius', `the number of named pods is 2; at most 1 may be hit: ${bound} (StatefulSet db: 3 of 3 Ready), ${unless}`],
    ])
    expect(refused(setOf(2, 1), count(1))).toEqual([
      ['blast_radius', `1 of 1 pods is 1; at most 0 may be hit: ${bound} (StatefulSet db: 1 of 2 Ready), ${unless}`],
    ])
  })

  it('tells that fewer match than were asked for: refused, or, where all are meant, warned of', () => {
    expect(choose(setOf(3), count(50)).refusals[0]?.message).toMatch(/^asked for 50, 3 match; at most 1 may be hit/)
    expect(choose(setOf(1), count(2)).refusals[0]?.message).toMatch(/^asked for 2, 1 match; at most 1 may be hit/)
    const all = choose(setOf(3), count(50), true)
    expect([all.chosen.length, all.refusals, all.warnings]).toEqual([3, [], ['asked for 50, 3 match: all of them are hit']])
  })

  it('takes less of an amount that no person asked for, and says so', () => {
    const { chosen, refusals, warnings } = choose(setOf(10), { ...percent(60), isUsual: true })
    expect([chosen.length, refusals]).toEqual([5, []])
    expect(warnings).toEqual([
      '60 % of 10 pods is 6; 5 hit: of a workload at most half, and one has to stay Ready (StatefulSet db: 10 of 10 Ready); "blastRadius": "all" hits them all',
    ])
    expect(choose(setOf(4, 3), { ...percent(60), isUsual: true }).refusals).toHaveLength(1)
  })

  it('passes over a workload that has lost as many as it may for another one', () => {
    const pods = [...setOf(2, 0, 'a'), ...setOf(8, 0, 'b')]
    for (let seed = 0; seed < 50; seed++) {
      const { chosen } = chooseTargets(inventoryOf(pods), count(5), { seed, step: 0 })
      expect(chosen).toHaveLength(5)
      expect(chosen.filter(({ metadata }) => metadata.name.startsWith('a-')).length).toBeLessThanOrEqual(1)
    }
  })

  it('takes all where the step says so in so many words: by its blastRadius, or by the partition of all', () => {
    expect(choose(setOf(3), percent(100), true).chosen).toHaveLength(3)
    const said = (change: object) => saysAll({ ...stepOf(podDelete), ...change })
    expect([said({}), said({ blastRadius: 'all' }), said({ fault: partition }), said({ fault: { ...partition, kind: 'all' } })]).toEqual([
      false,
      true,
      false,
      true,
    ])
  })
})

describe('the judgement of a plan', () => {
  it.each([
    [3, 0, ['db-0'], null],
    [3, 0, ['db-0', 'db-1'], '2 of the 3 pods of StatefulSet db would be hit; at most 1 may be (half of them)'],
    [4, 2, ['db-0', 'db-1'], '2 of the 4 pods of StatefulSet db would be hit; none of them would stay Ready, and one has to'],
    [4, 2, ['db-0', 'db-3'], null],
    [1, 0, ['db-0'], null],
  ])('of %i pods, %i not Ready, with %j hit is %s', (total, unready, hit, why) => {
    const pods = setOf(total, unready)
    const found = judgeBlastRadius(
      inventoryOf(pods),
      pods.filter(({ metadata }) => hit.includes(metadata.name)),
    )
    expect(found.map(({ message }) => message)).toEqual(why === null ? [] : [`${why}, unless the step says "blastRadius": "all"`])
  })

  it('counts what a drain evicts: not what DaemonSets run', () => {
    const inventory = inventoryOf([pod('db-0', ref('StatefulSet', 'db')), pod('ds-1', ref('DaemonSet', 'log')), pod('no-node-1', null)])
    expect(podsOnNodes(inventory, ['n1']).map(({ metadata }) => metadata.name)).toEqual(['db-0'])
  })
})

describe('whatever the cluster holds and the suite asks for', () => {
  /** A namespace of up to four workloads and bare pods, some pods unready or going. */
  function anyInventory(random: () => number): Inventory {
    const some = (most: number) => Math.floor(random() * (most + 1))
    const parents = new Map<string, OwnerReference>()
    const pods = Array.from({ length: some(3) + 1 }, (_, w) => {
      const isDeployment = random() < 0.5
      for (const rs of ['x', 'y']) parents.set(`ReplicaSet/${w}${rs}`, ref('Deployment', `w${w}`))
      return Array.from({ length: some(12) }, (_, i) => {
        const owner =
          random() < 0.1 ? null : isDeployment ? ref('ReplicaSet', `${w}${random() < 0.5 ? 'x' : 'y'}`) : ref('StatefulSet', `w${w}`)
        return pod(`w${w}-${i}`, owner, { ready: random() < 0.8, going: random() < 0.05 })
      })
    })
    return inventoryOf(pods.flat(), parents)
  }

  function anySelection(random: () => number, { pods }: Inventory): Selection {
    const amount: Pick<Selection, 'percent' | 'count' | 'isUsual'> =
      random() < 0.5
        ? { percent: null, count: 1 + Math.floor(random() * 20) }
        : { percent: Math.max(1, Math.floor(random() * 100)), count: null }
    const names = random() < 0.3 ? pods.filter(() => random() < 0.5).map(({ metadata }) => metadata.name) : []
    return { ...anyPod, ...amount, names: names.length === 0 ? null : names, ...(random() < 0.4 ? { isUsual: true as const } : {}) }
  }

  it('no step hits more than half of a workload, or its last Ready pod, unless it says all', () => {
    let hits = 0
    for (let seed = 0; seed < 3_000; seed++) {
      const random = seededRandom(seed)
      const inventory = anyInventory(random)
      const { chosen, refusals } = chooseTargets(inventory, anySelection(random, inventory), { seed, step: 0, allowBarePods: true })
      if (chosen.length > 0) hits++
      expect(chosen.length === 0 || refusals.length === 0).toBe(true)
      expect(judgeBlastRadius(inventory, chosen)).toEqual([])
      for (const [key, { pods }] of workloadsIn(inventory)) {
        const struck = chosen.filter((one) => workloadKey(one, inventory) === key)
        if (pods.length <= 1 || struck.length === 0) continue
        expect(struck.length * 2).toBeLessThanOrEqual(pods.length)
        expect(pods.some((one) => isReady(one) && !struck.includes(one))).toBe(true)
      }
    }
    expect(hits).toBeGreaterThan(500)
  })

  it('an amount that was asked for is hit whole or not at all', () => {
    for (let seed = 0; seed < 1_000; seed++) {
      const random = seededRandom(seed)
      const inventory = anyInventory(random)
      const wanted = 1 + Math.floor(random() * 6)
      const { chosen } = chooseTargets(inventory, count(wanted), { seed, step: 0, allowBarePods: true })
      expect([0, wanted]).toContain(chosen.length)
    }
  })
})

it('owners that own each other in a ring are a workload like any other', () => {
  const [a, b] = [ref('ReplicaSet', 'a'), ref('ReplicaSet', 'b')]
  const parents = new Map([
    [a.uid, b],
    [b.uid, a],
  ])
  const inventory = inventoryOf([pod('p1', a), pod('p2', a)], parents)
  expect([...workloadsIn(inventory).values()].map(({ name, pods }) => [name, pods.length])).toEqual([['ReplicaSet b', 2]])
  expect(chooseTargets(inventory, { ...anyPod, owner: 'replicaset/none', count: 1 }, { seed: 1, step: 0 }).chosen).toEqual([])
})
