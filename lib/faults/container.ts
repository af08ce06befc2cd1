import type { Container, ContainerStatus, Pod } from '../domain/kube.ts'

/** What `kubectl` takes for a pod's main container (https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container). */
const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container'

/** The one container of a pod that a fault is about: what runs, and what its owner wrote of it. */
export interface ChosenContainer {
  readonly name: string
  /** Undefined where the pod has none of that name. */
  readonly spec: Container | undefined
  /** Undefined where it does not run, or never did. */
  readonly status: ContainerStatus | undefined
}

/**
 * Chooses the container once, for all that is done to a pod: the one that was named, else the pod's default one, else its first. Amount,
 * path and evidence are all of that one. By name native sidecars (init containers that keep running) and ephemeral containers, too.
 */
export function chooseContainer(pod: Pod, wanted: string | null): ChosenContainer {
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec
  const named = wanted ?? pod.metadata.annotations?.[defaultContainerAnnotation]
  const all = [...containers, ...initContainers.filter((c) => c.restartPolicy === 'Always'), ...ephemeralContainers]
  // An annotation that names no container is kubectl's to complain of; kubectl takes the first, too.
  const spec = all.find((c) => c.name === named) ?? (wanted === null ? containers[0] : undefined)
  const name = spec?.name ?? named ?? ''
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {}
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find((s) => s.name === name)
  return { name, spec, status }
}

/** Whether its processes are there to be hit: it was started, and has not ended. */
export function isRunning({ status }: ChosenContainer): boolean {
  return status?.containerID !== undefined && status.state?.terminated === undefined && status.state?.waiting === undefined
}
