import { describe, expect, it } from '@jest/globals'
import { degradationKinds } from '../../lib/domain/degradation-spec.ts'
import { nodeFailureKinds } from '../../lib/domain/failure-spec.ts'
import type { Target } from '../../lib/domain/injection.ts'
import type { Inventory } from '../../lib/domain/inventory.ts'
import type { Pod } from '../../lib/domain/kube.ts'
import type { Held, Mechanism } from '../../lib/domain/overlap.ts'
import { gripOf, judgePairs, whyNotTogether } from '../../lib/domain/overlap.ts'
import { type FaultSpec, faultName, faultNames, networkModes, resourceKinds } from '../../lib/domain/suite.ts'
import { chooseTargets } from '../../lib/domain/targets.ts'
import { anyPod, crashloop, latency, memory, netfilter, nodeDrain, partition, podDelete, podKill, podPause } from '../support/suites.ts'

interface Kind {
  readonly name: string
  readonly spec: FaultSpec
  readonly mechanism: Mechanism
}

/** Every kind there is, in every form that makes a difference. */
const kinds: readonly Kind[] = [
  { name: 'policy', spec: partition, mechanism: 'policy' },
  { name: 'netfilter', spec: netfilter, mechanism: 'netfilter' },
  ...[podDelete, podKill, crashloop, podPause, nodeDrain].map((spec): Kind => ({ name: String(spec.kind), spec, mechanism: 'netfilter' })),
  ...resourceKinds
    .filter((kind) => kind !== 'network')
    .map((kind): Kind => ({ name: kind, spec: { ...memory, kind } as FaultSpec, mechanism: 'netfilter' })),
  ...networkModes.map(
    (mode): Kind => ({ name: `network ${mode}`, spec: { ...memory, kind: 'network', mode } as FaultSpec, mechanism: 'netfilter' }),
  ),
  {
    name: 'dns-failure',
    spec: { type: 'dns_failure', kind: 'nxdomain', domains: [], sharePercent: 100, addresses: [] },
    mechanism: 'netfilter',
  },
  {
    name: 'http-fault',
    spec: {
      type: 'http_fault',
      kind: 'abort',
      direction: 'in',
      ports: [8080],
      methods: [],
      path: null,
      headers: [],
      sharePercent: 100,
      status: 503,
      delayMs: 0,
      keepProbes: true,
    },
    mechanism: 'netfilter',
  },
  ...degradationKinds.map((kind): Kind => ({ name: kind, spec: { ...latency, kind }, mechanism: 'netfilter' })),
]

const own = ['cpu', 'memory', 'disk']
const isNetwork = (name: string) =>
  name === 'netfilter' ||
  name === 'dns-failure' ||
  name === 'http-fault' ||
  name.startsWith('network ') ||
  (degradationKinds as readonly string[]).includes(name)

/** The rule in the words of docs/suite-format.md, written down apart from the code: who may be on one pod with whom. */
function mayShare(one: string, other: string): boolean {
  if (own.includes(one) && own.includes(other)) return one !== other
  return (own.includes(one) && isNetwork(other)) || (isNetwork(one) && own.includes(other))
}

const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'node-1' }, spec: {} }
const pods = ['a', 'b', 'c', 'd'].map(
  (name): Pod => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'ns',
      uid: `uid-${name}`,
      labels: { app: 'jadevectordb' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'jade', uid: 's', controller: true }],
    },
    spec: { nodeName: name < 'c' ? 'n1' : 'n2', containers: [{ name: 'db' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }),
)
const inventory: Inventory = { namespace: 'ns', pods, nodes: [node], parents: new Map() }

function held({ name, spec, mechanism }: Kind, on: string): Held {
  const pod: Target = { kind: 'Pod', namespace: 'ns', name: on, uid: `uid-${on}`, node: on < 'c' ? 'n1' : 'n2' }
  const drained: Target = { kind: 'Node', namespace: '', name: pod.node, uid: `node-${pod.node}`, node: pod.node }
  return { step: { name, fault: spec }, mechanism, targets: [faultName(spec) === 'node-drain' ? drained : pod] }
}

describe('two overlapping faults', () => {
  it('are tried in every kind there is', () => {
    expect(new Set(kinds.map(({ spec }) => faultName(spec)))).toEqual(new Set(faultNames))
    expect(kinds.map(({ name }) => name)).toEqual(expect.arrayContaining([...nodeFailureKinds, ...degradationKinds]))
  })

  it.each(kinds.flatMap((one) => kinds.map((other) => [one.name, other.name, one, other] as const)))(
    'on one pod: %s and %s are refused as a pair, or can be told apart, whichever begins first',
    (first, second, one, other) => {
      const found = judgePairs(held(one, 'a'), [held(other, 'a')], inventory)
      expect(found.length === 0).toBe(mayShare(first, second))
      for (const { code, message } of found) {
        expect(code).toBe('overlap')
        expect(message).toContain(`${first} (${faultName(one.spec)}) and ${second} (${faultName(other.spec)}) overlap on `)
      }
      const why = whyNotTogether(gripOf(one.spec, one.mechanism), gripOf(other.spec, other.mechanism))
      expect(whyNotTogether(gripOf(other.spec, other.mechanism), gripOf(one.spec, one.mechanism))).toBe(why)
    },
  )

  it.each(kinds.flatMap((one) => kinds.map((other) => [one.name, other.name, one, other] as const)))(
    'on pods of different nodes: %s and %s do not concern each other',
    (_first, _second, one, other) => {
      expect(judgePairs(held(one, 'a'), [held(other, 'c')], inventory)).toEqual([])
    },
  )

  it('concern each other by a drain of the node that the other fault has its pod on', () => {
    const drain = kinds.find(({ name }) => name === 'node-drain') as Kind
    for (const other of kinds.filter((kind) => kind !== drain))
      expect(judgePairs(held(other, 'b'), [held(drain, 'a')], inventory).map(({ message }) => message)).toEqual([
        expect.stringContaining('overlap on pod b: one of them takes the pod that the other holds'),
      ])
  })

  it('are two cordons of one node, whatever it holds', () => {
    const drain = kinds.find(({ name }) => name === 'node-drain') as Kind
    const found = judgePairs(held(drain, 'a'), [held(drain, 'a')], { ...inventory, pods: [] })
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining('overlap on node n1: two cordons')])
  })
})

describe('choosing beside another fault', () => {
  const options = { seed: 7, step: 1 }
  const named = (names: readonly string[] | null, count: number | null) =>
    chooseTargets(
      {
        ...inventory,
        hitBeside: new Map([
          ['uid-a', 'memory and cut may not overlap'],
          ['uid-b', null],
        ]),
      },
      { ...anyPod, names, count },
      options,
    )

  it('takes none that the other one must have for itself, and says of a name why', () => {
    expect(
      new Set(
        Array.from(
          { length: 20 },
          (_, seed) =>
            named(null, 1) &&
            chooseTargets({ ...inventory, hitBeside: new Map([['uid-a', 'x']]) }, anyPod, { seed, step: 1 }).chosen[0]?.metadata.name,
        ),
      ),
    ).not.toContain('a')
    expect(named(['a'], null).refusals).toEqual([
      { code: 'overlap', message: '100 % of 1 pods is 1, and 0 are free: memory and cut may not overlap' },
    ])
  })

  it('counts what the other one hits against the half that may be hit', () => {
    // Two of four are hit already: of the others none may be, and the one that can be shared costs nothing more.
    expect(named(null, 1).chosen.map(({ metadata }) => metadata.name)).toEqual(['b'])
    expect(named(null, 2).refusals).toMatchObject([
      { code: 'blast_radius', message: expect.stringContaining('2 hit by overlapping steps') },
    ])
  })

  it('says of shares what is left of them', () => {
    const usual = { ...anyPod, count: null, percent: 100, isUsual: true } as const
    const found = chooseTargets(
      { ...inventory, hitBeside: new Map(pods.slice(0, 3).map(({ metadata }) => [metadata.uid ?? '', 'why'])) },
      usual,
      { ...options, all: true },
    )
    expect(found.chosen.map(({ metadata }) => metadata.name)).toEqual(['d'])
    expect(found.refusals).toEqual([])
  })
})
