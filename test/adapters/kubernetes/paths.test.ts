import { describe, expect, test } from '@jest/globals'
import { collectionOf, nameOf, pathOf } from '../../../lib/adapters/kubernetes/paths.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'

describe('paths of objects', () => {
  test.each([
    [{ apiVersion: 'v1', kind: 'Node', name: 'node1' }, '/api/v1/nodes/node1'],
    [{ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' }, '/api/v1/namespaces/db/pods/db-0'],
    [{ apiVersion: 'v1', kind: 'Namespace', name: 'db' }, '/api/v1/namespaces/db'],
    [{ apiVersion: 'v1', kind: 'Pod' }, '/api/v1/pods'],
    [{ apiVersion: 'batch/v1', kind: 'Job', namespace: 'db', name: 'fuse' }, '/apis/batch/v1/namespaces/db/jobs/fuse'],
    [{ apiVersion: 'apps/v1', kind: 'StatefulSet', namespace: 'db' }, '/apis/apps/v1/namespaces/db/statefulsets'],
    [
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'db' },
      '/apis/networking.k8s.io/v1/namespaces/db/networkpolicies',
    ],
    [{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', namespace: 'db' }, '/apis/policy/v1/namespaces/db/poddisruptionbudgets'],
    [
      { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', namespace: 'db', name: 'web' },
      '/apis/argoproj.io/v1alpha1/namespaces/db/rollouts/web',
    ],
    [{ apiVersion: 'db.example.org/v1', kind: 'Proxy', namespace: 'db' }, '/apis/db.example.org/v1/namespaces/db/proxies'],
    [{ apiVersion: 'db.example.org/v1', kind: 'Gateway', namespace: 'db' }, '/apis/db.example.org/v1/namespaces/db/gateways'],
    [{ apiVersion: 'db.example.org/v1', kind: 'Redis', namespace: 'db' }, '/apis/db.example.org/v1/namespaces/db/redises'],
    [{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'db', name: 'a b?c' }, '/api/v1/namespaces/db/configmaps/a%20b%3Fc'],
  ])('%j is %s', (place, path) => {
    expect(pathOf(place)).toBe(path)
  })

  test('a subresource follows the name', () => {
    expect(pathOf({ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' }, 'eviction')).toBe(
      '/api/v1/namespaces/db/pods/db-0/eviction',
    )
  })

  test.each([
    [{ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: '' }, 'is not a name'],
    [{ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: '..' }, 'is not a name'],
    [{ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: '../../x' }, 'is not a name'],
    [{ apiVersion: 'v1', kind: 'Pod', namespace: '', name: 'x' }, 'is not a name'],
    [{ apiVersion: 'v1', kind: 'Pod', name: 'x' }, 'a Pod needs a namespace'],
    [{ apiVersion: 'v1', kind: 'Pood', namespace: 'db', name: 'x' }, 'kind Pood is not known'],
    [{ apiVersion: 'db.example.org/v1', kind: '../pods', namespace: 'db', name: 'x' }, 'kind ../pods is not known'],
    [{ apiVersion: 'networking.k8s.io/v1', kind: 'Gateway', namespace: 'db', name: 'x' }, 'kind Gateway is not known'],
    [{ apiVersion: 'v1', kind: 'constructor', namespace: 'db', name: 'x' }, 'kind constructor is not known'],
  ])('%j is refused, since it would be another path', (place, words) => {
    expect(() => pathOf(place)).toThrow(FaultlineError)
    expect(() => pathOf(place)).toThrow(words)
  })

  test('a new object of a namespaced kind needs its namespace', () => {
    expect(() => collectionOf({ apiVersion: 'v1', kind: 'Pod', name: 'x' })).toThrow('a Pod needs a namespace')
    expect(collectionOf({ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'x' })).toBe('/api/v1/namespaces/db/pods')
  })

  test('messages name kind, namespace and name', () => {
    expect(nameOf({ apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'x' })).toBe('Pod db/x')
    expect(nameOf({ apiVersion: 'v1', kind: 'Node' })).toBe('Node')
  })
})
