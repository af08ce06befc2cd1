import type { Pod } from '../../domain/kube.ts'
import { controllerOf } from '../../domain/kube.ts'
import { managedBy, managedByLabel } from '../../domain/labels.ts'
import type { FaultContext } from '../fault.ts'

/** What a drain may destroy. */
export interface DrainLimits {
  readonly allowBarePods: boolean
  readonly allowEmptyDir: boolean
}

/** The pods of a node as a drain sees them. */
export interface NodePods {
  readonly evictable: readonly Pod[]
  /** A `kubectl drain` would evict them; we never do: pods of the cluster's own namespaces and of the injectors'. */
  readonly leftAlone: readonly Pod[]
  /** Of Faultline itself: fuses, injectors, drivers that bear its label. */
  readonly ours: readonly Pod[]
}

/** As `kubectl drain` does: DaemonSet and mirror pods stay, finished pods do not count; ours stay too. */
export async function podsOfNode(context: FaultContext, node: string): Promise<NodePods> {
  const pods = await context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { fieldSelector: `spec.nodeName=${node}` })
  const drainable = pods.filter(
    (pod) =>
      controllerOf(pod)?.kind !== 'DaemonSet' &&
      pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  )
  const isLeftAlone = ({ metadata: { namespace = '' } }: Pod) =>
    namespace.startsWith('kube-') || namespace === context.config.injector.namespace
  const isOurs = ({ metadata: { labels } }: Pod) => labels?.[managedByLabel] === managedBy
  const others = drainable.filter((pod) => !isOurs(pod))
  return {
    evictable: others.filter((pod) => !isLeftAlone(pod)),
    leftAlone: others.filter(isLeftAlone),
    ours: drainable.filter(isOurs),
  }
}

/** Why pods must not be evicted: what an eviction destroys for good. */
export function whatIsDestroyed(pods: readonly Pod[], limits: DrainLimits): readonly string[] {
  const bare = limits.allowBarePods ? [] : pods.filter((pod) => controllerOf(pod) === undefined)
  const scratch = limits.allowEmptyDir ? [] : pods.filter((pod) => (pod.spec.volumes ?? []).some((volume) => volume.emptyDir !== undefined))
  const where = (pod: Pod) => `pod ${fullName(pod)} on node ${pod.spec.nodeName}`
  return [
    ...bare.map((pod) => `${where(pod)} has no controller: an eviction destroys it (allowBarePods permits it)`),
    ...scratch.map((pod) => `${where(pod)} has emptyDir data, which an eviction destroys (allowEmptyDir permits it)`),
  ]
}

/** `namespace/name`, for messages. */
export function fullName({ metadata: { namespace, name } }: Pod): string {
  return `${namespace}/${name}`
}
