import { describe, expect, it } from '@jest/globals'
import { bindingRules, type GuardRule, judgeSuite, judgeTargets } from '../../lib/domain/guard-rules.ts'
import type { Inventory } from '../../lib/domain/inventory.ts'
import type { Node, Pod } from '../../lib/domain/kube.ts'
import { seededRandom } from '../../lib/domain/random.ts'
import { chooseTargets } from '../../lib/domain/targets.ts'
import { guardsSchema } from '../../lib/owner-guards.ts'
import { anyPod, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'

const place = { cluster: 'stage-1', namespace: 'shop' }
const suite = suiteOf([stepOf(podDelete, { name: 'Delete', durationMs: 60_000 }), stepOf(partition, { name: 'Cut' })], {
  maxDurationMs: 600_000,
})

describe('what an owner allows of a suite', () => {
  it.each<readonly [string, GuardRule, readonly string[]]>([
    ['a cluster by its pattern', { clusters: ['prod-1', 'stage-*'] }, []],
    ['another cluster', { clusters: ['stage'] }, ['cluster stage-1 is not among those that are allowed: stage']],
    ['a namespace by its pattern', { namespaces: ['sh*p'] }, []],
    ['another namespace', { namespaces: ['shops', 'a.*'] }, ['namespace shop is not among those that are allowed: shops, a.*']],
    ['a namespace between its stars', { namespaces: ['*h*p*'] }, []],
    ['what overlaps', { namespaces: ['sho*hop'] }, ['namespace shop is not among those that are allowed: sho*hop']],
    ['the kinds of its faults', { kinds: ['pod-delete', 'network-partition'] }, []],
    ['another kind', { kinds: ['pod-delete'] }, ['step Cut: network-partition is not among the kinds that are allowed: pod-delete']],
    ['a step of exactly the longest', { longestStep: 60 }, []],
    ['a step of more', { longestStep: 59.9 }, ['step Delete lasts 60 s; allowed: 59.9 s']],
    ['a run of exactly the longest', { longestRun: 600 }, []],
    ['a run of more', { longestRun: 599 }, ['the run may take 600 s (maxDuration); allowed: 599 s']],
  ])('%s', (_, rule, messages) => {
    const found = judgeSuite([rule], place, suite)
    expect(found.map(({ message }) => message)).toEqual(messages)
    expect(found.every(({ code }) => code === 'guard')).toBe(true)
  })

  it('is told with every reason, of every rule that binds it and of its own', () => {
    const rules: readonly GuardRule[] = [
      { for: { cluster: 'prod-*' }, kinds: ['crashloop'] },
      { for: { cluster: 'stage-*', namespace: 'shop' }, namespaces: ['other'] },
      { longestRun: 1 },
    ]
    expect(judgeSuite(bindingRules(rules, place, { longestStep: 5 }), place, suite)).toHaveLength(4)
    expect(bindingRules(rules, { ...place, cluster: null }, undefined)).toHaveLength(3)
    expect(judgeSuite([{ clusters: ['*'] }], { ...place, cluster: null }, suite)).toHaveLength(1)
  })
})

const owner = (name: string) => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: name, controller: true })

function pod(
  name: string,
  change: { readonly node?: string; readonly ready?: boolean; readonly meta?: Partial<Pod['metadata']> } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: name, labels: { app: 'jadevectordb' }, ownerReferences: [owner('db')], ...change.meta },
    spec: { nodeName: change.node ?? 'n1', containers: [{ name: 'db' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: change.ready === false ? 'False' : 'True' }] },
  }
}

const nodes = ['n1', 'n2', 'n3'].map(
  (name, i): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'topology.kubernetes.io/zone': i < 2 ? 'a' : 'b' } },
    spec: {},
  }),
)
const inventoryOf = (pods: readonly Pod[], change: Partial<Inventory> = {}): Inventory => ({
  namespace: 'shop',
  pods,
  nodes,
  parents: new Map(),
  ...change,
})

describe('what an owner allows of the pods of a step', () => {
  const pods = [pod('a'), pod('b'), pod('c', { node: 'n2' }), pod('d', { node: 'n3' })]

  it.each<readonly [string, GuardRule, number, readonly string[]]>([
    ['exactly the share of a workload', { perWorkload: { percent: 50 } }, 2, []],
    ['more than it', { perWorkload: { percent: 50 } }, 3, ['3 of the 4 pods of StatefulSet db would be hit; allowed: 2 (50 %)']],
    [
      'a share that rounds down',
      { perWorkload: { percent: 74.9 } },
      3,
      ['3 of the 4 pods of StatefulSet db would be hit; allowed: 2 (74.9 %)'],
    ],
    [
      'a share that rounds down to none',
      { perWorkload: { percent: 24 } },
      1,
      ['1 of the 4 pods of StatefulSet db would be hit; allowed: 0 (24 %)'],
    ],
    ['exactly the number', { perWorkload: { count: 3 } }, 3, []],
    [
      'more than the number, whatever the share',
      { perWorkload: { percent: 100, count: 1 } },
      2,
      ['2 of the 4 pods of StatefulSet db would be hit; allowed: 1'],
    ],
    ['as many of a namespace', { perNamespace: { count: 2 } }, 2, []],
    ['more of a namespace', { perNamespace: { count: 2 } }, 3, ['3 of the 4 pods of namespace shop would be hit; allowed: 2']],
    ['one of a node', { perNode: { count: 1 } }, 1, []],
    ['two of a node', { perNode: { count: 1 } }, 2, ['2 of the 2 pods of node n1 would be hit; allowed: 1']],
    ['two of a zone', { perZone: { count: 2 } }, 2, []],
    ['three of a zone', { perZone: { count: 2 } }, 3, ['3 of the 3 pods of zone a would be hit; allowed: 2']],
    ['so many that enough stay Ready', { fewestReady: 2 }, 2, []],
    ['one too many', { fewestReady: 2 }, 3, ['1 pods of StatefulSet db would stay Ready; at least 2 have to']],
  ])('%s', (_, rule, hit, messages) => {
    expect(judgeTargets([rule], inventoryOf(pods), pods.slice(0, hit)).map(({ message }) => message)).toEqual(messages)
  })

  it('wants its label on each of them or on their namespace', () => {
    const labelled = pod('e', { meta: { labels: { app: 'x', chaos: 'yes' } } })
    const judged = (optIn: string, hit: readonly Pod[], change: Partial<Inventory> = {}) =>
      judgeTargets([{ optIn }], inventoryOf([...pods, labelled], change), hit).map(({ message }) => message)
    expect(judged('chaos=yes', [labelled])).toEqual([])
    expect(judged('chaos', [labelled])).toEqual([])
    expect(judged('chaos=no', [labelled])).toHaveLength(1)
    expect(judged('chaos=yes', [labelled, ...pods.slice(0, 2)])).toEqual([
      'neither they nor their namespace bear label chaos=yes, which is asked for: a, b',
    ])
    expect(judged('chaos=yes', pods.slice(0, 2), { namespaceLabels: { chaos: 'yes' } })).toEqual([])
  })
})

describe('what is opted out', () => {
  const out = pod('out', { meta: { annotations: { 'faultline.dev/opt-out': 'true' } } })
  const notOut = pod('in', { meta: { annotations: { 'faultline.dev/opt-out': 'false' } } })
  const ofSet = pod('of-set', { meta: { ownerReferences: [owner('web')] } })
  const inventory = inventoryOf([out, notOut, ofSet, pod('b'), pod('c')], { optedOut: new Set(['web']) })
  const options = { seed: 1, step: 0, all: true }

  it('is left out of a choice, refused by name, and refused in any plan, opted in or not', () => {
    const { chosen, warnings } = chooseTargets(inventory, { ...anyPod, count: null, percent: 100 }, options)
    expect(chosen.map(({ metadata }) => metadata.name)).toEqual(['b', 'c', 'in'])
    expect(warnings).toEqual([
      'out is left out: it is opted out (annotation faultline.dev/opt-out)',
      'of-set is left out: its workload is opted out (annotation faultline.dev/opt-out)',
    ])
    expect(chooseTargets(inventory, { ...anyPod, count: null, names: ['out'] }, options).refusals[0]?.message).toMatch(
      /^pod out is refused/,
    )
    expect(judgeTargets([{ optIn: 'app' }], inventory, [out, ofSet]).map(({ code }) => code)).toEqual(['guard', 'guard'])
  })
})

it('whatever the cluster holds, what a rule lets pass is no more than it allows, rounding included', () => {
  for (let seed = 0; seed < 2_000; seed++) {
    const random = seededRandom(seed)
    const pods = Array.from({ length: 1 + Math.floor(random() * 15) }, (_, i) =>
      pod(`p${i}`, {
        node: `n${1 + Math.floor(random() * 3)}`,
        ready: random() < 0.8,
        meta: { ownerReferences: [owner(random() < 0.5 ? 'db' : 'web')] },
      }),
    )
    const hit = pods.filter(() => random() < 0.4)
    const [percent, count] = [random() * 100, Math.floor(random() * 5)]
    const passes = (rule: GuardRule) => judgeTargets([rule], inventoryOf(pods), hit).length === 0
    const groupsOf = (keyOf: (one: Pod) => string) => [...Map.groupBy(pods, keyOf).values()]
    const holds = (groups: readonly (readonly Pod[])[]) =>
      groups.every((all) => {
        const struck = all.filter((one) => hit.includes(one)).length
        return struck <= count && struck * 100 <= percent * all.length
      })
    const workload = ({ metadata }: Pod) => metadata.ownerReferences?.[0]?.uid ?? ''
    const zone = ({ spec }: Pod) => (spec.nodeName === 'n3' ? 'b' : 'a')
    expect(passes({ perWorkload: { percent, count } })).toBe(holds(groupsOf(workload)))
    expect(passes({ perNode: { percent, count } })).toBe(holds(groupsOf(({ spec }) => spec.nodeName ?? '')))
    expect(passes({ perZone: { percent, count } })).toBe(holds(groupsOf(zone)))
    expect(passes({ perNamespace: { percent, count } })).toBe(holds([pods]))
  }
})

describe('the rules of a configuration', () => {
  it.each([
    [[{ perWorkload: {} }], 'expected percent, count or both'],
    [[{ perWorkload: { percent: 101 } }], '100'],
    [[{ kinds: ['pod-kil'] }], 'pod-kill'],
    [[{ optin: 'x' }], 'optIn'],
    [[{ namespaces: [''] }], 'a name, or a pattern'],
    [[{ windows: [{ from: '09:00', to: '09:00' }] }], 'from and to are the same'],
    [[{ windows: [{ from: '24:00' }] }], 'a time of day'],
    [[{ windows: [{ timezone: 'CET' }] }], 'Europe/Berlin'],
    [[{ windows: [{ timezone: 'Europe/Berln' }] }], 'did you mean `Europe/Berlin`'],
    [[{ windows: [{ days: ['MONDAY'] }] }], 'MON'],
    [[{ windows: [{ firstDate: '2026-02-29' }] }], 'firstDate'],
    [[{ windows: [{ firstDate: '2026-12-02', lastDate: '2026-12-01' }] }], 'comes before firstDate'],
    [[{ windows: [] }], 'windows'],
    [[{ freezes: [{ from: '2026-12-20' }] }], '"to"'],
    [[{ freezes: [{ from: '2026-12-20', to: '2026-12-19' }] }], 'is not after from'],
    [[{ freezes: [{ from: '2026-12-20T10:00', to: '2026-12-20T10:00' }] }], 'is not after from'],
    [[{ freezes: [{ from: '2026-12-20', to: '2026-12-20T00:00' }] }], 'is not after from'],
    [[{ freezes: [{ from: '2026-12-20T00:00', to: '2026-12-19' }] }], 'is not after from'],
    [[{ freezes: [{ from: '2026-12-20T25:00', to: '2026-12-21' }] }], 'expected a date'],
    [[{ freezes: [{ from: '2027-02-29', to: '2027-03-01' }] }], 'expected a date'],
    [[{ latestStart: -1 }], 'latestStart'],
    [[{ gates: [{ name: 'budget', query: 'x' }] }], 'tolerance'],
    [[{ gates: [{ name: 'budget', tolerance: '> 0' }] }], 'query'],
    [[{ gates: [{ name: 'budget', query: 'x', tolerance: '> a lot' }] }], 'no comparison'],
  ])('%j are refused with what is wrong', (rules, why) => {
    const parsed = guardsSchema.safeParse(rules)
    expect(parsed.success).toBe(false)
    expect(JSON.stringify(parsed.error?.issues)).toContain(why)
  })

  it.each([
    ['2026-12-24T18:00', '2026-12-24'],
    ['2026-12-24', '2026-12-24'],
    ['2026-12-24', '2026-12-24T00:01'],
    ['2026-12-24T18:00', '2026-12-24T18:01'],
    ['2026-12-24T18:00', '2026-12-25T06:00'],
  ])('take a freeze from %s to %s', (from, to) => {
    expect(guardsSchema.safeParse([{ freezes: [{ from, to }] }]).error).toBeUndefined()
  })
})
