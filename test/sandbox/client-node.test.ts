import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  type ApiException,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  Log,
  NetworkingV1Api,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from '@kubernetes/client-node'
import { settle } from '../support/virtual-clock.ts'
import { closeAll, fuse, type Lab, startReadyLab } from './support.ts'

afterEach(closeAll)
const namespace = 'jadevectordb-system'

function clientOf({ sandbox }: Lab): KubeConfig {
  const config = new KubeConfig()
  config.loadFromString(sandbox.kubeconfig())
  return config
}

describe('the real Kubernetes client', () => {
  it('reads, lists, patches and scales', async () => {
    const lab = await startReadyLab()
    const core = clientOf(lab).makeApiClient(CoreV1Api)
    const { items } = await core.listNamespacedPod({ namespace, labelSelector: 'app=jadevectordb' })
    expect(items.map((pod) => pod.status?.phase)).toEqual(['Running', 'Running', 'Running'])
    expect(items[0]?.metadata?.creationTimestamp).toEqual(new Date('2026-01-05T09:00:00Z'))
    const node = await core.patchNode(
      { name: 'sandbox-node-1', body: { spec: { unschedulable: true } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    )
    expect(node.spec?.unschedulable).toBe(true)
    const apps = clientOf(lab).makeApiClient(AppsV1Api)
    const scale = await apps.readNamespacedDeploymentScale({ name: 'jadevectordb', namespace })
    expect([scale.spec?.replicas, scale.status?.selector]).toEqual([3, 'app=jadevectordb'])
  })

  it('makes a Job and a policy that the Job owns', async () => {
    const lab = await startReadyLab()
    const job = await clientOf(lab)
      .makeApiClient(BatchV1Api)
      .createNamespacedJob({ namespace, body: fuse('fuse', 30) })
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'fuse', uid: job.metadata?.uid ?? '' }
    const policies = clientOf(lab).makeApiClient(NetworkingV1Api)
    await policies.createNamespacedNetworkPolicy({
      namespace,
      body: { metadata: { name: 'cut', ownerReferences: [owner] }, spec: { podSelector: {}, policyTypes: ['Ingress'] } },
    })
    await lab.clock.advance(32_000)
    expect((await policies.listNamespacedNetworkPolicy({ namespace })).items).toEqual([])
  })

  it('raises the code and the Status of a refusal', async () => {
    const lab = await startReadyLab({ disruptionBudget: true, replicas: 1 })
    const core = clientOf(lab).makeApiClient(CoreV1Api)
    const [pod] = (await core.listNamespacedPod({ namespace })).items
    const name = pod?.metadata?.name ?? ''
    lab.sandbox.patch('poddisruptionbudgets', { name: 'jadevectordb', namespace }, { spec: { maxUnavailable: 0 } })
    const refused = await core
      .createNamespacedPodEviction({ name, namespace, body: { metadata: { name } } })
      .catch((error: ApiException<string>) => error)
    expect(refused).toMatchObject({ code: 429 })
    expect(await core.readNamespacedPod({ name: 'absent', namespace }).catch((error: ApiException<string>) => error.code)).toBe(404)
  })

  it('watches, reads logs and proxies', async () => {
    const lab = await startReadyLab()
    const config = clientOf(lab)
    const seen: string[] = []
    const abort = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/pods`,
      {},
      (type) => void seen.push(type),
      () => undefined,
    )
    for (let tries = 0; seen.length < 3 && tries < 5000; tries++) await settle(1)
    expect(seen).toEqual(['ADDED', 'ADDED', 'ADDED'])
    abort.abort()
    const core = config.makeApiClient(CoreV1Api)
    const name = (await core.listNamespacedPod({ namespace })).items[0]?.metadata?.name ?? ''
    const stream = new PassThrough()
    await new Log(config).log(namespace, name, 'jadevectordb', stream, {})
    const [chunk] = await new Promise<Buffer[]>((resolve) => stream.once('data', (data: Buffer) => resolve([data])))
    expect(String(chunk)).toContain('listens on 8080')
    const health = await core.connectGetNamespacedPodProxyWithPath({ name: `${name}:8080`, namespace, path: 'health' })
    expect(health).toMatchObject({ status: 'ok' })
  })
})
