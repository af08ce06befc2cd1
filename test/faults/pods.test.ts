import { expect, it } from '@jest/globals'
import type { Target } from '../../lib/domain/injection.ts'
import type { Pod } from '../../lib/domain/kube.ts'
import { currentPods } from '../../lib/faults/pods.ts'
import type { Cluster } from '../../lib/ports.ts'

const podOf = (n: number): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `db-${n}`, namespace: 'shop', uid: `uid-${n}` },
  spec: { containers: [{ name: 'db' }] },
})

function namespaceOf(size: number) {
  const pods = Array.from({ length: size }, (_, n) => podOf(n))
  const asked: string[] = []
  const objects = {
    get: async ({ name }: { readonly name: string }) => {
      asked.push('get')
      return pods.find(({ metadata }) => metadata.name === name)
    },
    list: async () => {
      asked.push('list')
      return pods
    },
  }
  return { cluster: { objects } as unknown as Cluster, asked }
}

const targets = [0, 1, 2].map(
  (n): Target => ({ kind: 'Pod', namespace: 'shop', name: `db-${n}`, uid: n === 2 ? 'before' : `uid-${n}`, node: 'n1' }),
)

it.each([
  [150, ['list', 'list']],
  [151, ['list', 'get', 'get', 'get']],
])('three targets among %d pods are read by a list as long as that is not much more than they are', async (size, calls) => {
  const { cluster, asked } = namespaceOf(size)
  for (let look = 0; look < 2; look++) expect([...(await currentPods({ cluster }, targets)).keys()]).toEqual(['db-0', 'db-1'])
  expect(asked).toEqual(calls)
})
