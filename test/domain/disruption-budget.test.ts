import { describe, expect, it } from '@jest/globals'
import { type DisruptionBudget, isDisruptive, lacksHeadroom } from '../../lib/domain/disruption-budget.ts'
import type { LabelSelector, Pod } from '../../lib/domain/kube.ts'
import type { FaultName } from '../../lib/domain/suite.ts'

function pod(name: string, ready = true, labels: Readonly<Record<string, string>> = { app: 'db' }): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, uid: name, labels },
    spec: { containers: [{ name: 'db' }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

function budget(allowed: number | null, change: { readonly selector?: LabelSelector | null; readonly behind?: boolean } = {}) {
  const { selector = { matchLabels: { app: 'db' } }, behind = false } = change
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'db', generation: behind ? 2 : 1 },
    ...(selector === null ? {} : { spec: { selector } }),
    ...(allowed === null ? {} : { status: { disruptionsAllowed: allowed, observedGeneration: 1 } }),
  } satisfies DisruptionBudget
}

const two = [pod('a'), pod('b')]
const refused = (allowed: number, names: string, why = '') =>
  `PodDisruptionBudget db allows ${allowed} disruptions now${why}; Ready pods of it that would be hit: ${names}`

describe('the headroom of a budget', () => {
  it.each<readonly [string, DisruptionBudget, readonly Pod[], FaultName, readonly string[]]>([
    ['is enough for as many', budget(2), two, 'pod-delete', []],
    ['is one short', budget(1), two, 'pod-delete', [refused(1, 'a, b')]],
    ['is none', budget(0), [pod('a')], 'pod-kill', [refused(0, 'a')]],
    ['binds a crash loop', budget(0), [pod('a')], 'crashloop', [refused(0, 'a')]],
    ['need be one for a drain', budget(1), two, 'node-drain', []],
    ['is none for a drain', budget(0), two, 'node-drain', [refused(0, 'a, b')]],
    ['is not used up by pods that are not Ready', budget(1), [pod('a'), pod('b', false)], 'pod-delete', []],
    ['does not concern other pods', budget(0), [pod('a', true, { app: 'web' })], 'pod-delete', []],
    ['concerns all pods with an empty selector', budget(0, { selector: {} }), [pod('a', true, {})], 'pod-delete', [refused(0, 'a')]],
    ['concerns no pod without a selector', budget(0, { selector: null }), [pod('a')], 'pod-delete', []],
    [
      'is none while its controller has not looked',
      budget(null),
      [pod('a')],
      'pod-delete',
      [refused(0, 'a', ' (its status is older than its spec)')],
    ],
    [
      'is none after a change that was not looked at',
      budget(5, { behind: true }),
      [pod('a')],
      'node-drain',
      [refused(0, 'a', ' (its status is older than its spec)')],
    ],
    ['is not asked for a partition', budget(0), [], 'network-partition', []],
  ])('%s', (_, one, hit, kind, messages) => {
    expect(lacksHeadroom([one], hit, kind)).toEqual(messages)
  })

  it('is asked for of every budget, by what takes pods away only', () => {
    const named = (name: string, allowed: number) => ({ ...budget(allowed), metadata: { name, generation: 1 } })
    expect(lacksHeadroom([named('x', 0), named('y', 1), named('z', 2)], two, 'pod-delete')).toHaveLength(2)
    const kinds: readonly FaultName[] = [
      'pod-delete',
      'pod-kill',
      'crashloop',
      'pod-pause',
      'node-drain',
      'network-partition',
      'memory-exhaustion',
      'network-degradation',
      'dns-failure',
      'http-fault',
    ]
    expect(kinds.filter(isDisruptive)).toEqual(['pod-delete', 'pod-kill', 'crashloop', 'pod-pause', 'node-drain'])
  })
})
