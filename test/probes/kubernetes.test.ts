import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import type { KubernetesSource } from '../../lib/domain/probe.ts'
import { askKubernetes } from '../../lib/probes/kubernetes.ts'

const namespace = 'shop'
let pods: Pod[]
let memory: Map<string, unknown>
let asked: unknown[]

beforeEach(() => {
  memory = new Map()
  asked = []
  pods = [pod('a'), pod('b'), pod('c', { ready: false })]
})

afterEach(() => {
  for (const options of asked) expect(options).toEqual({ namespace, labelSelector: 'app=shop' })
})

function pod(name: string, { ready = true, restarts = 0, phase = 'Running', going = false, labels = {} } = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: `uid-${name}`, labels, ...(going ? { deletionTimestamp: '2026-01-05T09:00:00Z' } : {}) },
    spec: { containers: [{ name: 'app' }] },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [{ name: 'app', ready, restartCount: restarts }],
    },
  }
}

async function ask(read: KubernetesSource['read']) {
  const objects = {
    list: async (_: unknown, options: unknown) => {
      asked.push(options)
      return pods
    },
  }
  return askKubernetes({ type: 'kubernetes', selector: 'app=shop', read }, { cluster: { objects } as never, namespace, memory })
}

describe('a Kubernetes probe', () => {
  it('counts ready pods, and their share of those that are not going', async () => {
    pods.push(pod('d', { going: true }))
    expect(await ask({ what: 'ready' })).toEqual({ value: 2, message: '2 of 3 pods are ready' })
    expect(await ask({ what: 'ready_ratio' })).toEqual({ value: 0.667, message: '2 of 3 pods are ready' })
  })

  it('leaves finished pods and Faultline’s own out', async () => {
    pods.push(pod('job', { phase: 'Succeeded' }), pod('injector', { labels: { 'faultline.dev/run': 'r' } }))
    expect((await ask({ what: 'ready_ratio' })).message).toBe('2 of 3 pods are ready')
  })

  it('knows no share of nothing; no ready pods are a measurement', async () => {
    pods = []
    expect((await ask({ what: 'ready' })).value).toBe(0)
    await expect(ask({ what: 'ready_ratio' })).rejects.toThrow('no pod matches app=shop in namespace shop')
  })

  it('counts restarts since its first look, those of replaced pods included', async () => {
    pods = [pod('a', { restarts: 7 }), pod('b')]
    expect((await ask({ what: 'restarts' })).value).toBe(0)
    pods = [pod('a', { restarts: 9 }), pod('b', { restarts: 1 })]
    expect((await ask({ what: 'restarts' })).value).toBe(3)
    pods = [pod('b', { restarts: 1 }), pod('new', { restarts: 2 })]
    expect((await ask({ what: 'restarts' })).value).toBe(5)
  })

  it('counts pods that lack a condition', async () => {
    expect((await ask({ what: 'condition', condition: 'Ready', status: 'True' })).value).toBe(1)
    expect((await ask({ what: 'condition', condition: 'DisruptionTarget', status: 'True' })).value).toBe(3)
  })
})
