import { describe, expect, it } from '@jest/globals'
import type { ContainerStatus, Pod } from '../../lib/domain/kube.ts'
import { chooseContainer, isRunning } from '../../lib/faults/container.ts'

const running = (name: string): ContainerStatus => ({
  name,
  containerID: `containerd://${name}`,
  ready: true,
  restartCount: 0,
  state: { running: {} },
})
const pod = (annotations: Readonly<Record<string, string>> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', annotations },
  spec: {
    containers: [{ name: 'app' }, { name: 'db' }],
    initContainers: [{ name: 'migrate' }, { name: 'mesh', restartPolicy: 'Always' }],
    ephemeralContainers: [{ name: 'debugger' }],
  },
  status: {
    containerStatuses: [running('app'), { ...running('db'), state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    initContainerStatuses: [running('mesh')],
    ephemeralContainerStatuses: [running('debugger')],
  },
})

describe('the container that is hit', () => {
  it.each([
    ['the one that was named', pod({ 'kubectl.kubernetes.io/default-container': 'app' }), 'db', 'db'],
    ["the pod's default one", pod({ 'kubectl.kubernetes.io/default-container': 'db' }), null, 'db'],
    ['its first', pod(), null, 'app'],
    ['its first where the annotation names none', pod({ 'kubectl.kubernetes.io/default-container': 'gone' }), null, 'app'],
    ['a native sidecar, by name', pod(), 'mesh', 'mesh'],
    ['an ephemeral container, by name', pod(), 'debugger', 'debugger'],
  ])('is %s', (_what, of, wanted, name) => {
    expect(chooseContainer(of, wanted).spec?.name).toBe(name)
    expect(chooseContainer(of, wanted).status?.name).toBe(name)
  })

  it('is none where that one does not run, is over by design, or is not there', () => {
    expect(['app', 'db', 'migrate', 'absent', 'mesh'].map((name) => isRunning(chooseContainer(pod(), name)))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ])
  })
})
