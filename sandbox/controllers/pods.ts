import { StatusError } from '../api/status.ts'
import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import { recordEvent } from '../events.ts'
import { plainCopy } from '../plain.ts'
import type { Condition, KubeObject, OwnerReference, Pod, PodTemplate } from '../wire.ts'

/** The reference with which a controller owns what it makes. */
export function controllerRef(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true, blockOwnerDeletion: true }
}

export function ownedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences?.some((one) => one.controller === true && one.uid === owner.metadata.uid) === true
}

/** All pods an object controls, also those that are finished or going away. */
export function podsOf(cluster: Cluster, owner: KubeObject): Pod[] {
  return cluster.store.list('pods', owner.metadata.namespace).filter((pod) => ownedBy(pod, owner))
}

export function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** Counts towards replicas: neither finished nor going away. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status.conditions, 'Ready')?.status === 'True'
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type)
}

/** A list with this condition set; the transition time moves only when its status does. */
export function withCondition(conditions: readonly Condition[] | undefined, wanted: Condition, now: string): Condition[] {
  const others = (conditions ?? []).filter((one) => one.type !== wanted.type)
  const before = conditionOf(conditions, wanted.type)
  const since = before?.status === wanted.status ? before.lastTransitionTime : now
  return [...others, { ...wanted, lastTransitionTime: since ?? now }]
}

interface PodNaming {
  readonly name?: string
  readonly nodeName?: string
  readonly labels?: Record<string, string>
  readonly component: string
}

/**
 * Makes one pod for its controller. A refusal (quota, Pod Security, webhook) becomes a FailedCreate event on the
 * controller, and undefined.
 */
export function createPodFor(cluster: Cluster, owner: KubeObject, template: PodTemplate, naming: PodNaming): Pod | undefined {
  const { name, nodeName, labels, component } = naming
  const metadata = {
    ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : { name }),
    namespace: owner.metadata.namespace ?? 'default',
    labels: { ...template.metadata?.labels, ...labels },
    ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
    ownerReferences: [controllerRef(owner)],
  }
  const spec = { ...plainCopy(template.spec), ...(nodeName === undefined ? {} : { nodeName }) }
  try {
    const pod = cluster.create('pods', { metadata, spec })
    recordEvent(cluster, owner, { reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}`, component })
    return pod
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    recordEvent(cluster, owner, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${error.message}`, component })
    return undefined
  }
}

/** Deletes a pod gracefully for its controller, with the event a real one writes. */
export function deletePodFor(cluster: Cluster, owner: KubeObject, pod: Pod, component: string): void {
  if (pod.metadata.deletionTimestamp !== undefined) return
  deleteObject(cluster, pod)
  recordEvent(cluster, owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}`, component })
}
