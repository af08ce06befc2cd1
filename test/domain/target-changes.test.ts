import { describe, expect, it } from '@jest/globals'
import type { Node, Pod } from '../../lib/domain/kube.ts'
import { nodeChanges, podBefore, podChanges } from '../../lib/domain/target-changes.ts'

type Status = NonNullable<Pod['status']>

function pod(name: string, status: Status = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, uid: `uid-${name}`, ...metadata }, spec: { containers: [] }, status }
}

const app = (restartCount: number, terminated?: { exitCode: number; reason?: string }): Status => ({
  containerStatuses: [{ name: 'app', ready: true, restartCount, ...(terminated === undefined ? {} : { lastState: { terminated } }) }],
})

const before = [podBefore(pod('a', app(1)), true), podBefore(pod('b'), false)]
const b = pod('b')

describe('what became of a target', () => {
  const rows: readonly (readonly [string, readonly Pod[], string, string])[] = [
    [
      'killed for memory',
      [pod('a', app(2, { exitCode: 137, reason: 'OOMKilled' })), b],
      'oom_killed',
      'container app was killed for memory and restarted',
    ],
    ['restarted', [pod('a', app(2, { exitCode: 1, reason: 'Error' })), b], 'restarted', 'container app restarted (exit code 1, Error)'],
    [
      'evicted by its node',
      [pod('a', { phase: 'Failed', reason: 'Evicted', message: 'Usage of EmptyDir volume exceeds the limit' }), b],
      'evicted',
      'was evicted: Usage of EmptyDir volume exceeds the limit',
    ],
    [
      'evicted by the API',
      [pod('a', { conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }] }), b],
      'evicted',
      'is being evicted (EvictionByEvictionAPI)',
    ],
    ['being deleted', [pod('a', app(1), { deletionTimestamp: '2026-01-05T09:00:00Z' }), b], 'deleted', 'is being deleted'],
    ['gone', [b], 'deleted', 'is gone, or another pod bears its name'],
    ['replaced under its name', [pod('a', app(0), { uid: 'another' }), b], 'deleted', 'is gone, or another pod bears its name'],
  ]

  it.each(rows)('%s', (_, now, code, message) => {
    expect(podChanges(before, now, { at: 5 })).toContainEqual({ at: 5, target: 'a', code, message })
  })

  it('nothing, where it is as it was', () => {
    expect(podChanges(before, [pod('a', app(1)), b], { at: 5 })).toEqual([])
  })
})

describe('what became of the pods around', () => {
  it('one that joined is not held by the fault, one that left is told', () => {
    expect(podChanges(before, [pod('a', app(1)), pod('c')], { at: 5 })).toEqual([
      { at: 5, target: 'b', code: 'left', message: 'left the selection' },
      { at: 5, target: 'c', code: 'joined', message: 'joined the selection since: the fault does not hold it' },
    ])
  })
})

describe('what became of a node', () => {
  const node = (status: string): Node => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    spec: {},
    status: { conditions: [{ type: 'Ready', status, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting' }] },
  })

  it('it is Ready, not Ready, or gone', () => {
    expect(nodeChanges(['n1'], [node('True')], 5)).toEqual([])
    expect(nodeChanges(['n1'], [node('Unknown')], 5)).toEqual([
      { at: 5, target: 'n1', code: 'node_lost', message: 'the node is not Ready (NodeStatusUnknown): Kubelet stopped posting' },
    ])
    expect(nodeChanges(['n1'], [], 5)).toEqual([{ at: 5, target: 'n1', code: 'node_lost', message: 'the node is gone' }])
  })
})
