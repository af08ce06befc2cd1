import type { Node, Pod } from '../../domain/kube.ts'
import { mebibytes } from '../../domain/quantity.ts'
import { chooseContainer } from '../container.ts'

/** Labels of nodes on which no privileged pod runs: https://docs.aws.amazon.com/eks/latest/userguide/fargate.html, https://virtual-kubelet.io. */
const withoutNode: readonly (readonly [label: string, value: string, what: string])[] = [
  ['eks.amazonaws.com/compute-type', 'fargate', 'a Fargate node'],
  ['type', 'virtual-kubelet', 'a virtual node'],
]
const osLabel = 'kubernetes.io/os'

/** Why a node cannot take an injector, a privileged Linux pod; null when nothing speaks against it. */
export function whyNoInjector(node: Node | undefined): string | null {
  const labels = node?.metadata.labels ?? {}
  const virtual = withoutNode.find(([label, value]) => labels[label] === value)
  if (virtual !== undefined) return `${virtual[2]}, which takes no privileged pod`
  const os = node?.status?.nodeInfo?.operatingSystem ?? labels[osLabel] ?? 'linux'
  return os === 'linux' ? null : `a node that runs ${os}, not Linux`
}

/** Why its containers are none to be killed: a kill bites when the container is started again, and these never are. */
export function whyNoRestart({ spec }: Pod): string | null {
  return spec.restartPolicy === 'Never'
    ? 'its restartPolicy is Never: a container that is killed is never started again (pod-delete ends such a pod)'
    : null
}

/** What a step would do to one container, as far as its pod's spec can speak against it. */
export interface Load {
  readonly container: string | null
  /** MiB that are held in memory, or written. */
  readonly mib: number
}

/** The kubelet evicts at `memory.available<100Mi`, its default (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/). */
const evictionMarginMib = 100

/** Why the container's memory cannot be filled so far; null when nothing speaks against it. */
export function whyNoMemory(pod: Pod, node: Node | undefined, { container, mib }: Load): string | null {
  const capacity = mebibytes(node?.status?.capacity?.memory ?? '')
  if (capacity === undefined || mib + evictionMarginMib <= capacity) return null
  const limit = chooseContainer(pod, container).spec?.resources?.limits?.memory
  const of = limit === undefined ? '' : ` (of its limit ${limit})`
  return `${Math.round(mib)} MiB of memory${of} are more than its node has: ${Math.floor(capacity)} MiB, of which ${evictionMarginMib} MiB must stay free`
}

/** Why the folder cannot be filled with so much; null when nothing in the pod's spec speaks against it. */
export function whyNoDisk(pod: Pod, path: string, { container, mib }: Load): string | null {
  const { spec } = chooseContainer(pod, container)
  const mounts = (spec?.volumeMounts ?? []).filter(({ mountPath }) => isUnder(path, mountPath))
  const mount = mounts.toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0]
  if (mount === undefined) return spec?.securityContext?.readOnlyRootFilesystem === true ? readOnlyRoot(pod, spec, path) : null
  if (mount.readOnly === true) return `'${path}' is on volume ${mount.name}, which is mounted read-only`
  const volume = pod.spec.volumes?.find(({ name }) => name === mount.name)
  if (volume?.hostPath !== undefined) return `'${path}' is on hostPath volume ${mount.name}, which is the node's`
  const sizeLimit = volume?.emptyDir?.sizeLimit
  const most = sizeLimit === undefined ? undefined : mebibytes(sizeLimit)
  if (most !== undefined && mib > most)
    return `${mib} MiB are more than the sizeLimit ${sizeLimit} of emptyDir ${mount.name}: its pod would be evicted`
  return null
}

function readOnlyRoot(pod: Pod, spec: NonNullable<ReturnType<typeof chooseContainer>['spec']>, path: string): string {
  const writable = (spec.volumeMounts ?? []).filter(
    ({ name, readOnly }) => readOnly !== true && pod.spec.volumes?.find((v) => v.name === name)?.emptyDir !== undefined,
  )
  const instead =
    writable.length === 0 ? 'it has no emptyDir either' : `name one of these with \`path\`: ${writable.map((m) => m.mountPath).join(', ')}`
  return `'${path}' is on its root file system, which is read-only (readOnlyRootFilesystem); ${instead}`
}

function isUnder(path: string, mountPath: string): boolean {
  const at = mountPath.replace(/\/+$/, '')
  return path === at || path.startsWith(`${at}/`)
}
