import { StatusError } from '../api/status.ts'
import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import { recordEvent } from '../events.ts'
import { plainCopy } from '../plain.ts'
import type { KubeObject, OwnerReference, Pod, PodTemplate } from '../wire.ts'

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
  const { namespace } = owner.metadata
  const dependents = cluster.store.dependents(owner.metadata.uid)
  return dependents.filter((one): one is Pod => one.kind === 'Pod' && one.metadata.namespace === namespace && ownedBy(one, owner))
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
