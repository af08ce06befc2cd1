import { afterEach, describe, expect, test } from '@jest/globals'
import { configForUrl } from '../../../lib/adapters/kubernetes/config.ts'
import { clusterIdentity, connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import { status } from './fake-api.ts'
import { closeAll, closeLater, connectTo } from './harness.ts'

afterEach(closeAll)

const kubeSystem = (annotations: object) => ({
  body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'c1', annotations } },
})

describe('the identity of a cluster', () => {
  test('is the UID of its kube-system namespace', async () => {
    const { api, cluster } = await connectTo(() => kubeSystem({}))
    expect(await clusterIdentity(cluster)).toEqual({ uid: 'c1', simulated: false })
    expect(api.seen[0]?.url).toBe('/api/v1/namespaces/kube-system')
  })

  test('says when the cluster is only simulated', async () => {
    const { cluster } = await connectTo(() => kubeSystem({ 'faultline.dev/simulated': 'true' }))
    expect(await clusterIdentity(cluster)).toEqual({ uid: 'c1', simulated: true })
  })

  test('is never made up', async () => {
    const { cluster } = await connectTo(() =>
      status(404, 'NotFound', 'namespaces "kube-system" not found', { name: 'kube-system', kind: 'namespaces' }),
    )
    await expect(clusterIdentity(cluster)).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('connecting', () => {
  test('keeps the path of an API server behind a prefix', async () => {
    const { api } = await connectTo(() => kubeSystem({}))
    const cluster = connectCluster(configForUrl(`${api.url}/k8s/clusters/c-1/`, 'rancher'))
    closeLater(() => cluster.close())
    expect(await clusterIdentity(cluster)).toEqual({ uid: 'c1', simulated: false })
    expect(api.seen[0]?.url).toBe('/k8s/clusters/c-1/api/v1/namespaces/kube-system')
  })

  test('keeps its connection after a DELETE, whose body is the pod’s UID', async () => {
    const { api, cluster } = await connectTo(() => ({ body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1' } } }))
    const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1' }
    for (let n = 0; n < 8; n++) expect(await cluster.objects.delete(pod, { uid: 'u1' })).toBe('deleted')
    expect(api.seen.map(({ method, headers }) => [method, headers.connection])).toEqual(Array(8).fill(['DELETE', 'keep-alive']))
    expect(api.sockets()).toBeLessThanOrEqual(2)
  })

  test('refuses a server that is no address', () => {
    expect(() => connectCluster(configForUrl('localhost:8080', 'x'))).toThrow(
      'cluster x: server "localhost:8080" is not an http(s) address',
    )
  })
})
