import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { callsOfRun, totalOf } from '../support/calls.ts'
import { memory, partition, podDelete } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 24 })
})
afterEach(() => world.close())

/** The most that a run may ask, by kind of call. On a real cluster polls come on top: they last as long as Kubernetes takes. */
const most: readonly (readonly [string, FaultSpec, number, Readonly<Record<string, number>>])[] = [
  [
    'deletes three pods',
    podDelete,
    3,
    {
      GET: 1, // the API groups
      'GET namespaces': 1,
      'POST selfsubjectrulesreviews': 1,
      'POST jobs': 2,
      'LIST jobs': 2,
      'LIST pods': 4,
      'LIST nodes': 1,
      'LIST replicasets': 1,
      'LIST poddisruptionbudgets': 1,
      'DELETE pods': 3,
      'POST events': 6,
      'GET replicasets': 1,
      'DELETE jobs': 1,
    },
  ],
  [
    'cuts two pods off by a policy',
    partition,
    2,
    {
      GET: 1,
      'GET namespaces': 1,
      'POST selfsubjectrulesreviews': 2,
      'POST jobs': 3,
      'LIST jobs': 3,
      'LIST resourcequotas': 1,
      'LIST pods': 4,
      'LIST nodes': 1,
      'LIST replicasets': 1,
      'LIST networkpolicies': 2,
      'GET proxy pods': 10,
      'GET jobs': 1,
      'PATCH pods': 4,
      'POST networkpolicies': 1,
      'GET networkpolicies': 4,
      'GET pods': 6,
      'PATCH jobs': 1,
      'POST events': 4,
      'DELETE jobs': 2,
      'DELETE networkpolicies': 1,
    },
  ],
  [
    'takes the memory of one pod',
    memory,
    1,
    {
      GET: 1,
      'GET namespaces': 1,
      'POST selfsubjectrulesreviews': 2,
      'POST jobs': 6,
      'LIST jobs': 3,
      'LIST pods': 17,
      'LIST nodes': 1,
      'LIST replicasets': 1,
      'GET jobs': 1,
      'GET log pods': 8,
      'PATCH jobs': 1,
      'POST events': 2,
      'DELETE jobs': 4,
      'DELETE pods': 1,
    },
  ],
]

describe('a run asks the API server no more than it needs', () => {
  test.each(most)('when it %s', async (_, fault, count, atMost) => {
    const calls = await callsOfRun(world, fault, count)
    expect(Object.entries(calls).filter(([kind, n]) => n > (atMost[kind] ?? 0))).toEqual([])
  })

  test('when it deletes twelve pods: 45 calls beside the deletes at most, events of the pods included', async () => {
    const calls = await callsOfRun(world, podDelete, 12)
    expect(calls['DELETE pods']).toBe(12)
    expect(totalOf(calls)).toBeLessThanOrEqual(12 + 45)
  })
})
