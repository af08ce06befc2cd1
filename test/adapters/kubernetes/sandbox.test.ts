import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { loadKubeConfig } from '../../../lib/adapters/kubernetes/config.ts'
import { clusterIdentity, connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import type { KubeObject, NetworkPolicy, Pod } from '../../../lib/domain/kube.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/start.ts'
import { exchangeWith, localCluster } from '../../support/local-cluster.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import { closeAll, closeLater } from './harness.ts'

afterEach(closeAll)

const namespace = 'jadevectordb-system'
const pods = { apiVersion: 'v1', kind: 'Pod' }

interface Lab {
  readonly sandbox: Sandbox
  readonly clock: VirtualClock
  readonly cluster: Cluster
}

type Way = 'over HTTP' | 'in its own process'

/** A sandbox with its workload Ready. Its time stands still; that of a client over HTTP does not. */
async function labOn(way: Way, options: SandboxOptions = {}): Promise<Lab> {
  const clock = new VirtualClock()
  const sandbox = await startSandbox({ clock, seed: 7, ...options })
  closeLater(() => sandbox.close())
  const cluster = way === 'over HTTP' ? await connectByKubeconfig(sandbox) : localCluster({ exchange: exchangeWith(sandbox), clock })
  await settle()
  await clock.advance(5_000)
  await sandbox.ready()
  return { sandbox, clock, cluster }
}

async function connectByKubeconfig(sandbox: Sandbox): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'faultline-sandbox-'))
  closeLater(() => rm(dir, { recursive: true }))
  await writeFile(join(dir, 'config'), sandbox.kubeconfig())
  const found = loadKubeConfig({ kubeconfig: join(dir, 'config') })
  if (found === 'none') throw new Error('the sandbox gives no kubeconfig')
  const cluster = connectCluster(found.config)
  closeLater(() => cluster.close())
  return cluster
}

async function firstPod({
  cluster,
}: Lab): Promise<{ pod: Pod; name: string; uid: string; ref: { apiVersion: string; kind: string; namespace: string; name: string } }> {
  const [pod] = await cluster.objects.list<Pod>(pods, { namespace, labelSelector: 'app=jadevectordb' })
  if (pod?.metadata.uid === undefined) throw new Error('the workload has no pod')
  const { name, uid } = pod.metadata
  return { pod, name, uid, ref: { ...pods, namespace, name } }
}

describe.each<Way>(['over HTTP', 'in its own process'])('against the sandbox %s', (way) => {
  const startLab = (options?: SandboxOptions) => labOn(way, options)

  test('the cluster says who it is, and that it is simulated', async () => {
    const { cluster } = await startLab()
    expect(await clusterIdentity(cluster)).toEqual({ uid: expect.stringMatching(/^[0-9a-f-]{36}$/), simulated: true })
  })

  test('objects are created, read, changed under a test, and deleted by UID', async () => {
    const { cluster } = await startLab()
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'mark' }
    const draft: KubeObject & { readonly data: object } = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'mark', namespace },
      data: { a: '1' },
    }
    await cluster.objects.create(draft, { dryRun: true })
    expect(await cluster.objects.get(ref)).toBeUndefined()
    const created = await cluster.objects.create(draft)
    await expect(cluster.objects.create(draft)).rejects.toMatchObject({ code: 'already_exists' })
    const uid = String(created.metadata.uid)
    const labelled = await cluster.objects.patch(ref, [
      { op: 'test', path: '/metadata/uid', value: uid },
      { op: 'add', path: '/metadata/labels', value: { 'faultline.dev/run': 'r1' } },
    ])
    expect(labelled.metadata.labels).toEqual({ 'faultline.dev/run': 'r1' })
    await expect(cluster.objects.patch(ref, [{ op: 'test', path: '/metadata/uid', value: 'other' }])).rejects.toMatchObject({
      code: 'invalid',
    })
    const stale = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { a: '2' } }
    await expect(cluster.objects.patch(ref, stale)).rejects.toMatchObject({ code: 'conflict' })
    await expect(cluster.objects.delete(ref, { uid: 'other' })).rejects.toMatchObject({ code: 'conflict' })
    expect(await cluster.objects.delete(ref, { uid })).toBe('removed')
    expect(await cluster.objects.delete(ref, { uid })).toBe('absent')
  })

  test('a list of more than a page comes whole', async () => {
    const lab = await startLab()
    for (let i = 0; i < 501; i++) lab.sandbox.create('configmaps', { metadata: { name: `m-${i}`, namespace, labels: { many: 'yes' } } })
    const many = await lab.cluster.objects.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { labelSelector: 'many=yes' })
    expect(new Set(many.map(({ metadata }) => metadata.name)).size).toBe(501)
  })

  test('a policy cuts the way to a pod, and its end opens it again', async () => {
    const lab = await startLab()
    const { name } = await firstPod(lab)
    const target = { namespace, name, port: 8080 }
    const policy: NetworkPolicy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace },
      spec: { podSelector: { matchLabels: { app: 'jadevectordb' } }, policyTypes: ['Ingress'] },
    }
    expect(await lab.cluster.pods.dial(target, '/health')).toMatchObject({ outcome: 'reached' })
    await lab.cluster.objects.create(policy)
    await lab.clock.advance(2_000)
    expect(await lab.cluster.pods.dial(target, '/health')).toMatchObject({ outcome: 'cut', status: null })
    await lab.cluster.objects.delete({ ...policy, name: 'deny', namespace })
    await lab.clock.advance(2_000)
    expect(await lab.cluster.pods.dial(target, '/health')).toMatchObject({ outcome: 'reached' })
    expect(await lab.cluster.pods.dial({ ...target, name: 'absent' }, '/')).toMatchObject({ outcome: 'unknown' })
  })

  test('an eviction takes the pod it means, and no second one against the budget', async () => {
    const lab = await startLab({ disruptionBudget: true })
    const { name, uid } = await firstPod(lab)
    const others = (await lab.cluster.objects.list<Pod>(pods, { namespace })).filter((pod) => pod.metadata.name !== name)
    expect(await lab.cluster.pods.evict({ namespace, name, uid: 'someone-else' })).toMatchObject({ outcome: 'absent' })
    expect(await lab.cluster.pods.evict({ namespace, name, uid })).toMatchObject({ outcome: 'evicted' })
    const [other] = others
    const blocked = await lab.cluster.pods.evict({ namespace, name: String(other?.metadata.name), uid: String(other?.metadata.uid) })
    expect(blocked).toMatchObject({ outcome: 'blocked', message: expect.stringContaining('disruption budget') })
    await lab.clock.advance(60_000)
    expect(await lab.cluster.pods.evict({ namespace, name, uid })).toMatchObject({ outcome: 'absent' })
  })

  test('logs are read, and are empty for a pod that is gone', async () => {
    const lab = await startLab()
    const { pod, name } = await firstPod(lab)
    const container = String(pod.spec.containers[0]?.name)
    expect(await lab.cluster.pods.log({ namespace, name, container })).not.toBe('')
    expect(await lab.cluster.pods.log({ namespace, name: 'absent', container })).toBe('')
  })

  test('permissions are asked for before they are needed, and missed when they are not there', async () => {
    const { cluster, sandbox } = await startLab()
    const access = { verb: 'delete', group: '', resource: 'pods', namespace }
    expect(await cluster.pods.can([access])).toEqual([true])
    sandbox.forbid({ verb: 'delete', resource: 'pods' })
    expect(await cluster.pods.can([access])).toEqual([false])
    await expect(cluster.objects.delete({ ...pods, namespace, name: 'x' }, { uid: 'u' })).rejects.toMatchObject({ code: 'forbidden' })
  })
})

describe('against the sandbox over HTTP', () => {
  test('a disturbed API server is asked again', async () => {
    const { cluster, sandbox } = await labOn('over HTTP')
    const replies = [{ drop: true }, { status: 503 }, { status: 429, retryAfter: 0 }]
    sandbox.disturb(() => replies.shift())
    expect(await cluster.objects.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })).toMatchObject({
      metadata: { name: namespace },
    })
    expect(replies).toEqual([])
  })
})
