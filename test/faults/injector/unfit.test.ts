import { describe, expect, it } from '@jest/globals'
import type { Container, Node, Pod } from '../../../lib/domain/kube.ts'
import { whyNoDisk, whyNoInjector, whyNoMemory, whyNoRestart } from '../../../lib/faults/injector/unfit.ts'

const node = (labels: Readonly<Record<string, string>>, status: Node['status'] = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n', labels },
  spec: {},
  status,
})

describe('a node that takes no injector', () => {
  it.each([
    ['Fargate', node({ 'eks.amazonaws.com/compute-type': 'fargate' }), /^a Fargate node, which takes no privileged pod$/],
    ['a virtual kubelet', node({ type: 'virtual-kubelet' }), /^a virtual node/],
    ['Windows, by its label', node({ 'kubernetes.io/os': 'windows' }), /^a node that runs windows/],
    ['Windows, by what its kubelet says', node({}, { nodeInfo: { operatingSystem: 'windows' } }), /^a node that runs windows/],
  ])('is named: %s', (_what, one, words) => {
    expect(whyNoInjector(one)).toMatch(words)
  })

  it('is not a plain one, nor one that may not be read', () => {
    expect([whyNoInjector(node({ 'kubernetes.io/os': 'linux' })), whyNoInjector(undefined)]).toEqual([null, null])
  })
})

const pod = (container: Partial<Container>, volumes: Pod['spec']['volumes'] = []): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'db', ...container }], volumes },
})
const at = (path: string, of: Pod, mib = 100) => whyNoDisk(of, path, { container: null, mib })

describe('a folder that cannot be filled', () => {
  const readOnlyRootFilesystem = { securityContext: { readOnlyRootFilesystem: true } }
  const data = { name: 'data', mountPath: '/data' }

  it('is on a read-only root: what can be written is named', () => {
    const of = pod({ ...readOnlyRootFilesystem, volumeMounts: [data] }, [{ name: 'data', emptyDir: {} }])
    expect(at('/tmp', of)).toBe(
      "'/tmp' is on its root file system, which is read-only (readOnlyRootFilesystem); name one of these with `path`: /data",
    )
    expect([at('/data', of), at('/data/deep', of)]).toEqual([null, null])
    expect(at('/database', of)).toMatch(/read-only/)
  })

  it('is on a hostPath, a read-only mount, or an emptyDir that is smaller', () => {
    expect(at('/data', pod({ volumeMounts: [data] }, [{ name: 'data', hostPath: {} }]))).toMatch(/on hostPath volume data/)
    expect(at('/data', pod({ volumeMounts: [{ ...data, readOnly: true }] }, [{ name: 'data', emptyDir: {} }]))).toMatch(/mounted read-only/)
    const small = pod({ volumeMounts: [data] }, [{ name: 'data', emptyDir: { sizeLimit: '64Mi' } }])
    expect(at('/data', small)).toBe('100 MiB are more than the sizeLimit 64Mi of emptyDir data: its pod would be evicted')
    expect(at('/data', small, 64)).toBeNull()
  })

  it('is judged by the mount that is nearest', () => {
    const mounts = {
      volumeMounts: [
        { name: 'host', mountPath: '/data' },
        { name: 'own', mountPath: '/data/cache/' },
      ],
    }
    expect(
      at(
        '/data/cache/x',
        pod(mounts, [
          { name: 'host', hostPath: {} },
          { name: 'own', emptyDir: {} },
        ]),
      ),
    ).toBeNull()
  })
})

describe('memory that cannot be filled', () => {
  it('is more than the node has, less what keeps its kubelet from evicting', () => {
    const of = pod({ resources: { limits: { memory: '8Gi' } } })
    const small = node({}, { capacity: { memory: '4096Mi' } })
    expect(whyNoMemory(of, small, { container: null, mib: 6144 })).toBe(
      '6144 MiB of memory (of its limit 8Gi) are more than its node has: 4096 MiB, of which 100 MiB must stay free',
    )
    expect(whyNoMemory(of, small, { container: null, mib: 3996 })).toBeNull()
    expect(whyNoMemory(of, small, { container: null, mib: 3997 })).not.toBeNull()
    expect(whyNoMemory(of, undefined, { container: null, mib: 99_999 })).toBeNull()
  })
})

it('a container that is never started again is none to be killed', () => {
  const of = (restartPolicy: string): Pod => ({ ...pod({}), spec: { containers: [], restartPolicy } })
  expect(whyNoRestart(of('Never'))).toMatch(/^its restartPolicy is Never/)
  expect([whyNoRestart(of('Always')), whyNoRestart(of('OnFailure')), whyNoRestart(pod({}))]).toEqual([null, null, null])
})
