import { describe, expect, it } from '@jest/globals'
import type { Inventory } from '../../lib/domain/inventory.ts'
import type { Node, Pod } from '../../lib/domain/kube.ts'
import { amountOf, chooseTargets } from '../../lib/domain/targets.ts'
import { anyPod } from '../support/suites.ts'

const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'jade-1', uid: 'rs-1', controller: true }

function pod(
  name: string,
  change: { readonly meta?: Partial<Pod['metadata']>; readonly spec?: Partial<Pod['spec']>; readonly ready?: boolean } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels: { app: 'jadevectordb' }, ownerReferences: [owner], ...change.meta },
    spec: { nodeName: 'n1', containers: [{ name: 'db' }], ...change.spec },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: change.ready === false ? 'False' : 'True' }] },
  }
}

const nodes: Node[] = ['a', 'b'].map((zone, i) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: `n${i + 1}`, labels: { 'topology.kubernetes.io/zone': zone } },
  spec: {},
}))

function inventory(pods: readonly Pod[]): Inventory {
  return {
    namespace: 'ns',
    pods,
    nodes,
    parents: new Map([['rs-1', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'jade', uid: 'd-1', controller: true }]]),
  }
}

const ten = inventory(Array.from({ length: 10 }, (_, i) => pod(`p${i}`)))
const options = { seed: 7, step: 0 }
const namesOf = (choice: ReturnType<typeof chooseTargets>) => choice.chosen.map((p) => p.metadata.name)

describe('amountOf', () => {
  it('rounds down, never below one, and never to all by rounding', () => {
    const table: [number, number, number][] = [
      [10, 30, 3],
      [10, 20, 2],
      [3, 20, 1],
      [3, 60, 1],
      [2, 99, 1],
      [1, 20, 1],
      [3, 100, 3],
      [0, 50, 0],
    ]
    for (const [total, percent, expected] of table) expect(amountOf(total, { percent, count: null, names: null })).toBe(expected)
  })

  it('takes a count as it is, up to what there is', () => {
    expect(amountOf(3, { percent: null, count: 5, names: null })).toBe(3)
    expect(amountOf(3, { percent: null, count: null, names: null })).toBe(3)
  })
})

describe('chooseTargets', () => {
  it('repeats a choice for the same seed and step, whatever the order of the list', () => {
    const selection = { ...anyPod, count: 3 }
    const reversed = { ...ten, pods: ten.pods.toReversed() }
    expect(namesOf(chooseTargets(ten, selection, options))).toEqual(namesOf(chooseTargets(reversed, selection, options)))
    expect(namesOf(chooseTargets(ten, selection, options))).toHaveLength(3)
  })

  it('chooses differently for other seeds and steps', () => {
    const picks = new Set(Array.from({ length: 30 }, (_, seed) => namesOf(chooseTargets(ten, anyPod, { seed, step: 0 })).join()))
    expect(picks.size).toBeGreaterThan(5)
  })

  it.each([
    ['the host network', pod('x', { spec: { hostNetwork: true } }), 'it is on the host network: a fault there would hit the node itself'],
    ['a mirror pod', pod('x', { meta: { annotations: { 'kubernetes.io/config.mirror': 'h' } } }), 'it is a mirror pod of the kubelet'],
    ['a DaemonSet pod', pod('x', { meta: { ownerReferences: [{ ...owner, kind: 'DaemonSet' }] } }), 'it belongs to a DaemonSet'],
    ['a bare pod', pod('x', { meta: { ownerReferences: [] } }), 'no controller owns it, so none brings it back'],
    ['an unready pod', pod('x', { ready: false }), 'it is not Ready'],
  ])('refuses %s', (_, unsafe, why) => {
    expect(chooseTargets(inventory([unsafe]), anyPod, options)).toMatchObject({
      chosen: [],
      refusals: [{ code: 'unsafe_target', message: `pod x is refused: ${why}` }],
    })
    const beside = chooseTargets(inventory([unsafe, pod('y')]), { ...anyPod, count: 5 }, { ...options, all: true })
    expect(namesOf(beside)).toEqual(['y'])
    expect(beside.unsafe).toEqual([{ pod: 'x', why }])
  })

  it('refuses a named pod that is unsafe or missing instead of leaving it out', () => {
    const choice = chooseTargets(
      inventory([pod('y'), pod('x', { ready: false })]),
      { ...anyPod, count: null, names: ['x', 'y', 'z'] },
      options,
    )
    expect(choice.refusals.map((r) => [r.code, r.message])).toEqual([
      ['no_targets', 'pod z is not among the pods that match app=jadevectordb, names x, y, z in namespace ns'],
      ['unsafe_target', 'pod x is refused: it is not Ready'],
    ])
  })

  it('says what permits a bare pod only where the kind of fault knows that', () => {
    const choice = chooseTargets(inventory([pod('x', { meta: { ownerReferences: [] } })]), anyPod, { ...options, allowBarePods: false })
    expect(choice.unsafe).toEqual([{ pod: 'x', why: 'no controller owns it, so none brings it back (allowBarePods permits it)' }])
  })

  it('permits a bare pod where that was asked for', () => {
    expect(
      namesOf(chooseTargets(inventory([pod('x', { meta: { ownerReferences: [] } })]), anyPod, { ...options, allowBarePods: true })),
    ).toEqual(['x'])
  })

  it.each([
    ['the host network', pod('x', { spec: { hostNetwork: true } }), 'it is on the host network (allowNodePods permits it)'],
    [
      'a DaemonSet',
      pod('x', { meta: { ownerReferences: [{ ...owner, kind: 'DaemonSet' }] } }),
      'it belongs to a DaemonSet (allowNodePods permits it)',
    ],
  ])('permits a pod of %s where that was asked for, and says what would else', (_, unsafe, why) => {
    expect(namesOf(chooseTargets(inventory([unsafe]), anyPod, { ...options, allowNodePods: true }))).toEqual(['x'])
    expect(chooseTargets(inventory([unsafe]), anyPod, { ...options, allowNodePods: false }).unsafe).toEqual([{ pod: 'x', why }])
  })

  it('never permits a mirror pod', () => {
    const mirror = pod('x', { spec: { hostNetwork: true }, meta: { annotations: { 'kubernetes.io/config.mirror': 'h' } } })
    const { unsafe } = chooseTargets(inventory([mirror]), anyPod, { ...options, allowBarePods: true, allowNodePods: true })
    expect(unsafe).toEqual([{ pod: 'x', why: 'it is a mirror pod of the kubelet' }])
  })

  it('selects by labels of the nodes, and takes no pod on a node that is not known', () => {
    const pods = [pod('one'), pod('two', { spec: { nodeName: 'n2' } }), pod('lost', { spec: { nodeName: 'n9' } })]
    const by = (nodeSelector: string) => chooseTargets(inventory(pods), { ...anyPod, count: null, nodeSelector }, { ...options, all: true })
    expect(namesOf(by('topology.kubernetes.io/zone in (b)'))).toEqual(['two'])
    expect(namesOf(by('topology.kubernetes.io/zone'))).toEqual(['one', 'two'])
    expect(by('pool=spot').refusals).toEqual([
      { code: 'no_targets', message: 'no pod matches app=jadevectordb, nodes with pool=spot in namespace ns' },
    ])
  })

  it.each([
    ['deployment/jade', true],
    ['replicaset/jade-1', true],
    ['databasecluster/main', true],
    ['databasecluster.example.org/main', true],
    ['databasecluster.example.com/main', false],
    ['databasecluster/other', false],
  ])('finds owners of any kind in the chain: %s', (wanted, isFound) => {
    const above = { apiVersion: 'example.org/v1', kind: 'DatabaseCluster', name: 'main', uid: 'c-1', controller: true }
    const chain = { ...inventory([pod('one')]), ancestors: new Map([['d-1', above]]) }
    expect(namesOf(chooseTargets(chain, { ...anyPod, owner: wanted }, options))).toEqual(isFound ? ['one'] : [])
  })

  it('counts a share of what it counted before, whatever stands above that', () => {
    const above = { apiVersion: 'example.org/v1', kind: 'DatabaseCluster', name: 'main', uid: 'c-1', controller: true }
    const sets = ['a', 'b'].map((name) => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: name, controller: true }))
    const pods = sets.flatMap((set) => [0, 1].map((n) => pod(`${set.name}-${n}`, { meta: { ownerReferences: [set] } })))
    const chains = { ...inventory(pods), ancestors: new Map(sets.map(({ uid }) => [uid, above])) }
    const choice = chooseTargets(chains, { ...anyPod, count: 3, owner: 'databasecluster/main' }, options)
    expect(choice.refusals.map(({ message }) => message)).toEqual([expect.stringMatching(/^3 of 4 pods is 3; at most 2 may be hit/)])
  })

  it('selects by zone, node, owner and label together', () => {
    const pods = [pod('one'), pod('two', { spec: { nodeName: 'n2' } }), pod('other', { meta: { labels: { app: 'other' } } })]
    const all = { ...anyPod, count: null, percent: 100 }
    expect(namesOf(chooseTargets(inventory(pods), { ...all, zone: 'b' }, options))).toEqual(['two'])
    expect(namesOf(chooseTargets(inventory(pods), { ...all, node: 'n1' }, options))).toEqual(['one'])
    expect(namesOf(chooseTargets(inventory(pods), { ...all, owner: 'deployment/jade' }, { ...options, all: true }))).toEqual(['one', 'two'])
    expect(chooseTargets(inventory(pods), { ...all, owner: 'deployment/none' }, options).refusals).toEqual([
      { code: 'no_targets', message: 'no pod matches app=jadevectordb, owner deployment/none in namespace ns' },
    ])
  })

  it('never chooses objects of ours, finished pods or pods that are going', () => {
    const pods = [
      pod('ours', { meta: { labels: { app: 'jadevectordb', 'app.kubernetes.io/managed-by': 'faultline' } } }),
      pod('going', { meta: { deletionTimestamp: '2026-01-05T09:00:00Z' } }),
      { ...pod('done'), status: { phase: 'Succeeded' } },
    ]
    expect(chooseTargets(inventory(pods), anyPod, options).refusals[0]).toMatchObject({ code: 'no_targets' })
  })
})
