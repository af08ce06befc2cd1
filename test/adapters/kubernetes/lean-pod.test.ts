import { describe, expect, it } from '@jest/globals'
import { LeanPods } from '../../../lib/adapters/kubernetes/lean-pod.ts'
import type { Pod } from '../../../lib/domain/kube.ts'

/** As an API server sends one, with a field of each kind that is not read here. */
function sent(name: string): Pod {
  const pod = {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { app: 'shop' },
      annotations: { 'faultline.dev/opt-out': 'true' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop', uid: 'uid-set', controller: true }],
      managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': {} } }],
      selfLink: '/old',
    },
    spec: {
      nodeName: 'node-1',
      schedulerName: 'default-scheduler',
      containers: [{ name: 'app', image: 'app:1', env: [{ name: 'SECRET', value: 'x' }], ports: [{ containerPort: 80 }] }],
      initContainers: [{ name: 'mesh', image: 'mesh:1', restartPolicy: 'Always', command: ['run'] }],
      volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }],
    },
    status: {
      phase: 'Running',
      hostIP: '10.0.0.1',
      podIP: '10.1.0.1',
      conditions: [{ type: 'Ready', status: 'True', lastProbeTime: null }],
      containerStatuses: [
        {
          name: 'app',
          ready: true,
          restartCount: 2,
          imageID: 'sha256:1',
          containerID: `c-${name}`,
          state: { running: { startedAt: 't' } },
        },
      ],
    },
  }
  return JSON.parse(JSON.stringify(pod)) as Pod
}

describe('a pod of a list', () => {
  it('keeps what is read of it, and nothing else', () => {
    expect(new LeanPods().of(sent('a'))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'a',
        namespace: 'shop',
        uid: 'uid-a',
        labels: { app: 'shop' },
        annotations: { 'faultline.dev/opt-out': 'true' },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop', uid: 'uid-set', controller: true }],
      },
      spec: {
        nodeName: 'node-1',
        containers: [{ name: 'app', image: 'app:1', ports: [{ containerPort: 80 }] }],
        initContainers: [{ name: 'mesh', image: 'mesh:1', restartPolicy: 'Always' }],
        volumes: [{ name: 'data', emptyDir: { sizeLimit: '1Gi' } }],
      },
      status: {
        phase: 'Running',
        podIP: '10.1.0.1',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [{ name: 'app', ready: true, restartCount: 2, containerID: 'c-a', state: { running: { startedAt: 't' } } }],
      },
    })
  })

  it('shares with the others what is equal', () => {
    const lean = new LeanPods()
    const [a, b] = [lean.of(sent('a')), lean.of(sent('b'))]
    expect(a.metadata.name).not.toBe(b.metadata.name)
    expect(a.spec.containers[0]).toBe(b.spec.containers[0])
    expect(a.metadata.labels).toBe(b.metadata.labels)
    expect(a.status?.conditions?.[0]).toBe(b.status?.conditions?.[0])
    expect(a.status?.containerStatuses?.[0]).not.toBe(b.status?.containerStatuses?.[0])
  })

  it('stays as it came where it is not of that form', () => {
    const odd = [null, 'pod', { metadata: null, spec: [] }, { spec: { containers: 'none' }, status: { conditions: [null, 1] } }]
    for (const one of odd) expect(() => new LeanPods().of(one as unknown as Pod)).not.toThrow()
    expect(new LeanPods().of({ spec: { containers: 'none' } } as unknown as Pod).spec).toEqual({ containers: 'none' })
  })
})
