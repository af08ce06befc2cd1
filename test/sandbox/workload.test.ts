import { afterEach, describe, expect, it } from '@jest/globals'
import type { Pod } from '../../sandbox/wire.ts'
import { closeAll, type Lab, merge, startLab, startReadyLab } from './support.ts'

afterEach(closeAll)
const ns = '/api/v1/namespaces/jadevectordb-system'
const policies = '/apis/networking.k8s.io/v1/namespaces/jadevectordb-system/networkpolicies'

function pods({ sandbox }: Lab): Pod[] {
  const found = sandbox.objects().filter((one) => one.kind === 'Pod' && one.metadata.namespace === 'jadevectordb-system') as Pod[]
  return found.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

function first(lab: Lab): Pod {
  const [pod] = pods(lab)
  if (pod === undefined) throw new Error('there is no pod')
  return pod
}

const isReady = (pod: Pod): boolean => pod.status.conditions?.find((one) => one.type === 'Ready')?.status === 'True'
const proxied = (pod: Pod, path: string): string => `${ns}/pods/${pod.metadata.name}:8080/proxy${path}`

async function requests(lab: Lab, pod: Pod): Promise<{ ok: number; failed: number; seconds: number }> {
  const { body } = await lab.call('GET', proxied(pod, '/metrics'))
  const value = (pattern: RegExp) => Number(pattern.exec(body)?.[1])
  return {
    ok: value(/requests_total\{status="200"\} (\d+)/),
    failed: value(/requests_total\{status="503"\} (\d+)/),
    seconds: value(/seconds_sum ([\d.]+)/),
  }
}

describe('the workload', () => {
  it('comes up on three nodes in two zones', async () => {
    const lab = await startReadyLab()
    expect(
      pods(lab)
        .map((pod) => pod.spec.nodeName)
        .sort(),
    ).toEqual(['sandbox-node-1', 'sandbox-node-2', 'sandbox-node-3'])
    const { body } = await lab.call('GET', '/api/v1/nodes')
    const zones = new Set(body.items.map((node: Pod) => node.metadata.labels?.['topology.kubernetes.io/zone']))
    expect([...zones]).toEqual(['sandbox-a', 'sandbox-b'])
    const [status] = first(lab).status.containerStatuses ?? []
    expect(status?.containerID).toMatch(/^containerd:\/\/[0-9a-f]{64}$/)
  })

  it('answers health and counts its requests from the clock alone', async () => {
    const lab = await startReadyLab()
    const health = await lab.call('GET', proxied(first(lab), '/health'))
    expect([health.status, health.body]).toEqual([200, expect.objectContaining({ status: 'ok', peersReachable: 2, simulated: true })])
    const before = await requests(lab, first(lab))
    await lab.clock.advance(60_000)
    const after = await requests(lab, first(lab))
    expect(after.ok - before.ok).toBe(1000)
    expect(after.failed).toBe(0)
  })

  it('replaces a deleted pod, and serves worse meanwhile', async () => {
    const lab = await startReadyLab()
    const [victim, witness] = pods(lab)
    if (victim === undefined || witness === undefined) throw new Error('two pods are needed')
    await lab.call('DELETE', `${ns}/pods/${victim.metadata.name}`)
    expect(pods(lab).find((pod) => pod.metadata.uid === victim.metadata.uid)?.metadata.deletionTimestamp).toBeDefined()
    await lab.clock.advance(300)
    expect((await lab.call('GET', proxied(witness, '/health'))).body.status).toBe('degraded')
    await lab.clock.advance(5000)
    expect(pods(lab).filter(isReady)).toHaveLength(3)
    expect(pods(lab).map((pod) => pod.metadata.uid)).not.toContain(victim.metadata.uid)
    expect((await requests(lab, witness)).failed).toBeGreaterThan(0)
  })

  it('restarts a crashed container, at first at once and then after a doubling back-off', async () => {
    const lab = await startReadyLab({ backOffBaseMs: 10_000 })
    const { name } = first(lab).metadata
    const where = { name, namespace: 'jadevectordb-system' }
    const container = () => first(lab).status.containerStatuses?.[0]
    lab.sandbox.crash(where, 137)
    await lab.clock.advance(1000)
    expect(container()).toMatchObject({ restartCount: 1, ready: true, lastState: { terminated: { exitCode: 137 } } })
    lab.sandbox.crash(where)
    expect(container()?.state.waiting).toMatchObject({ reason: 'CrashLoopBackOff', message: expect.stringContaining('back-off 10s') })
    await lab.clock.advance(11_000)
    lab.sandbox.crash(where)
    expect(container()?.state.waiting?.message).toContain('back-off 20s')
    await lab.clock.advance(19_000)
    expect(container()?.restartCount).toBe(2)
    await lab.clock.advance(3000)
    expect(container()).toMatchObject({ restartCount: 3, ready: true })
  })

  it('serves its Service on localhost', async () => {
    const lab = await startReadyLab({ servicePort: 0 })
    const answer = await fetch(`${lab.sandbox.serviceUrl}/health`, { headers: { connection: 'close' } })
    expect(answer.status).toBe(200)
  })
})

describe('network policies', () => {
  const cut = { metadata: { name: 'cut' }, spec: { podSelector: { matchLabels: { target: 'yes' } }, policyTypes: ['Ingress', 'Egress'] } }

  async function cutFirst(lab: Lab): Promise<Pod> {
    const pod = first(lab)
    await lab.call('PATCH', `${ns}/pods/${pod.metadata.name}`, { metadata: { labels: { target: 'yes' } } }, merge)
    await lab.call('POST', policies, cut)
    return pod
  }

  it('cut the proxy with the dial error of a real API server, and let it through again', async () => {
    const lab = await startReadyLab()
    const pod = await cutFirst(lab)
    const refused = await lab.call('GET', proxied(pod, '/health'))
    expect(refused.body).toMatchObject({
      code: 503,
      reason: 'ServiceUnavailable',
      message: `error trying to reach service: dial tcp ${pod.status.podIP}:8080: connect: connection refused`,
    })
    await lab.clock.advance(3000)
    expect(isReady(first(lab))).toBe(false)
    await lab.call('DELETE', `${policies}/cut`)
    expect((await lab.call('GET', proxied(pod, '/health'))).status).toBe(200)
    await lab.clock.advance(3000)
    expect(isReady(first(lab))).toBe(true)
  })

  it('are void beside a policy that allows', async () => {
    const lab = await startReadyLab()
    const pod = await cutFirst(lab)
    await lab.call('POST', policies, { metadata: { name: 'open' }, spec: { podSelector: {}, ingress: [{}] } })
    expect((await lab.call('GET', proxied(pod, '/health'))).status).toBe(503)
    await lab.call('POST', policies, { metadata: { name: 'open-out' }, spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{}] } })
    expect((await lab.call('GET', proxied(pod, '/health'))).status).toBe(200)
  })

  it.each([
    [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }, 200],
    [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['172.16.0.0/12'] } }] }, 503],
    [{ from: [{ podSelector: {} }] }, 503],
    [{ from: [{ namespaceSelector: {} }] }, 503],
    [{ ports: [{ port: 'http' }] }, 200],
    [{ ports: [{ port: 9000, endPort: 9100 }] }, 503],
  ])('admit the API server by rule %j: %i', async (rule, status) => {
    const lab = await startReadyLab()
    await lab.call('POST', policies, { metadata: { name: 'some' }, spec: { podSelector: {}, ingress: [rule] } })
    const { body } = await lab.call('GET', proxied(first(lab), '/other'))
    expect(body.code ?? 200).toBe(status)
  })

  it('do nothing when the CNI ignores them', async () => {
    const lab = await startReadyLab({ enforceNetworkPolicies: false })
    const pod = await cutFirst(lab)
    expect((await lab.call('GET', proxied(pod, '/health'))).status).toBe(200)
  })

  it('are not the only reason for a dial error: a closed port, a pod that does not run', async () => {
    const lab = await startLab()
    await lab.call('POST', '/api/v1/namespaces/default/pods', {
      metadata: { name: 'late' },
      spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 80 }] }] },
    })
    const late = await lab.call('GET', '/api/v1/namespaces/default/pods/late:80/proxy/')
    expect(late.body.message).toContain('connection refused')
    await lab.clock.advance(3000)
    expect((await lab.call('GET', '/api/v1/namespaces/default/pods/late:80/proxy/')).status).toBe(200)
    expect((await lab.call('GET', '/api/v1/namespaces/default/pods/late:81/proxy/')).body.message).toContain('connection refused')
  })
})

describe('controllers', () => {
  it('refuse an eviction that the budget does not allow, with its cause', async () => {
    const lab = await startReadyLab({ disruptionBudget: true })
    const [one, two] = pods(lab)
    const evict = (pod: Pod | undefined) =>
      lab.call('POST', `${ns}/pods/${pod?.metadata.name}/eviction`, {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod?.metadata.name },
      })
    expect((await evict(one)).status).toBe(201)
    const refused = await evict(two)
    expect(refused.body).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      details: {
        causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget jadevectordb needs 2 healthy pods and has 2 currently' }],
      },
    })
    await lab.clock.advance(4000)
    expect((await evict(two)).status).toBe(201)
  })

  it('bring a stateful pod back under its name with a new UID', async () => {
    const lab = await startLab({ workload: false })
    const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
    lab.sandbox.create(
      'statefulsets',
      { metadata: { name: 'db' }, spec: { replicas: 2, selector: { matchLabels: { app: 'db' } }, template } },
      { namespace: 'default' },
    )
    await lab.clock.advance(5000)
    const before = lab.sandbox.get('pods', 'db-1', 'default')
    lab.sandbox.delete('pods', { name: 'db-1', namespace: 'default' }, { gracePeriodSeconds: 0 })
    await lab.clock.advance(5000)
    const after = lab.sandbox.get('pods', 'db-1', 'default')
    expect(before?.metadata.uid).toBeDefined()
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid)
    expect(lab.sandbox.get('statefulsets', 'db', 'default')?.status?.readyReplicas).toBe(2)
  })

  it('keep daemon pods on cordoned nodes and nothing new off them', async () => {
    const lab = await startReadyLab({ nodes: 2 })
    lab.sandbox.patch('nodes', { name: 'sandbox-node-1' }, { spec: { unschedulable: true } })
    const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
    lab.sandbox.create(
      'daemonsets',
      { metadata: { name: 'agent' }, spec: { selector: { matchLabels: { app: 'agent' } }, template } },
      { namespace: 'default' },
    )
    lab.sandbox.patch('deployments', { name: 'jadevectordb', namespace: 'jadevectordb-system' }, { spec: { replicas: 6 } })
    await lab.clock.advance(5000)
    const nodesOf = (namespace: string) =>
      lab.sandbox
        .objects()
        .filter((one) => one.kind === 'Pod' && one.metadata.namespace === namespace)
        .map((pod) => (pod as Pod).spec.nodeName)
    expect(nodesOf('default').sort()).toEqual(['sandbox-node-1', 'sandbox-node-2'])
    expect(nodesOf('jadevectordb-system').filter((node) => node === 'sandbox-node-2')).toHaveLength(4)
  })

  it('honour a required node affinity by name', async () => {
    const lab = await startLab({ workload: false, nodes: 2 })
    const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['sandbox-node-1'] }] }]
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
    lab.sandbox.create(
      'pods',
      { metadata: { name: 'away' }, spec: { affinity, containers: [{ name: 'c', image: 'x' }] } },
      { namespace: 'default' },
    )
    await lab.clock.advance(100)
    expect(lab.sandbox.get('pods', 'away', 'default')?.spec.nodeName).toBe('sandbox-node-2')
  })

  it('leave the clock alone when nothing happens', async () => {
    const lab = await startReadyLab()
    await lab.clock.advance(60_000)
    expect(lab.clock.nextWake()).toBeUndefined()
  })
})

describe('a webhook that refuses everything', () => {
  it('stops controllers only until it lets them', async () => {
    const lab = await startReadyLab()
    const stop = lab.sandbox.deny({ message: 'nothing today' })
    lab.sandbox.delete('pods', { name: first(lab).metadata.name, namespace: 'jadevectordb-system' })
    await lab.clock.advance(5000)
    expect(pods(lab)).toHaveLength(2)
    stop()
    await lab.clock.advance(5000)
    expect(pods(lab).filter(isReady)).toHaveLength(3)
  })
})
