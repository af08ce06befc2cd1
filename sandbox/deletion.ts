import { conflict } from './api/status.ts'
import { type Cluster, resourceFor } from './cluster.ts'
import { plainCopy } from './plain.ts'
import type { KubeObject, Pod } from './wire.ts'

/** The body of a DELETE. */
export interface DeleteOptions {
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined
  readonly gracePeriodSeconds?: number | undefined
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } | undefined
  readonly dryRun?: boolean | undefined
}

/** What became of it: `gone` is false while a grace period or finalizers keep the object. */
export interface Deleted {
  readonly object: KubeObject
  readonly gone: boolean
}

/** Deletes as the API does; a plain delete of a Job orphans what it owns, everything else cascades in background. */
export function deleteObject(cluster: Cluster, current: KubeObject, options: DeleteOptions = {}): Deleted {
  const resource = resourceFor(current)
  checkPreconditions(current, options)
  cluster.rules.admit(resource, 'delete', current.metadata.namespace)
  if (options.dryRun) return { object: current, gone: true }
  const policy = options.propagationPolicy ?? (resource.plural === 'jobs' ? 'Orphan' : 'Background')
  if (policy === 'Orphan') releaseDependents(cluster, current)
  if (policy === 'Foreground') return deleteForeground(cluster, current)
  if (resource.plural === 'pods') return deletePod(cluster, current as Pod, options.gracePeriodSeconds)
  if (resource.plural === 'namespaces') return terminateNamespace(cluster, current)
  return settled(cluster, cluster.finish(current))
}

function settled(cluster: Cluster, object: KubeObject): Deleted {
  return { object, gone: cluster.store.byUid(object.metadata.uid) === undefined }
}

function checkPreconditions(current: KubeObject, { preconditions }: DeleteOptions): void {
  const resource = resourceFor(current)
  const { name, uid, resourceVersion } = current.metadata
  if (preconditions?.uid && preconditions.uid !== uid) {
    throw conflict(resource, name, `Precondition failed: UID in precondition: ${preconditions.uid}, UID in object meta: ${uid}`)
  }
  if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${preconditions.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`
    throw conflict(resource, name, why)
  }
}

function deleteForeground(cluster: Cluster, current: KubeObject): Deleted {
  const object = cluster.modify(current, ({ metadata }) => {
    metadata.deletionTimestamp ??= cluster.timestamp()
    metadata.deletionGracePeriodSeconds = 0
    if (!metadata.finalizers?.includes('foregroundDeletion')) metadata.finalizers = [...(metadata.finalizers ?? []), 'foregroundDeletion']
  })
  return settled(cluster, object ?? current)
}

function deletePod(cluster: Cluster, pod: Pod, given: number | undefined): Deleted {
  const finished = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
  const bound = pod.spec.nodeName !== undefined
  const grace = finished || !bound ? 0 : Math.max(0, given ?? pod.spec.terminationGracePeriodSeconds ?? 30)
  if (grace === 0) return settled(cluster, cluster.finish(pod))
  const already = pod.metadata.deletionTimestamp !== undefined
  if (already && grace >= (pod.metadata.deletionGracePeriodSeconds ?? 0)) return { object: pod, gone: false }
  const object = cluster.modify(pod, ({ metadata }) => {
    metadata.deletionTimestamp = cluster.timestamp(grace * 1000)
    metadata.deletionGracePeriodSeconds = grace
  })
  return { object: object ?? pod, gone: false }
}

function terminateNamespace(cluster: Cluster, current: KubeObject): Deleted {
  const object = cluster.modify(current, (draft) => {
    draft.metadata.deletionTimestamp ??= cluster.timestamp()
    draft.status = { phase: 'Terminating' }
  })
  return { object: object ?? current, gone: false }
}

function releaseDependents(cluster: Cluster, owner: KubeObject): void {
  for (const dependent of cluster.store.dependents(owner.metadata.uid)) {
    cluster.modify(dependent, ({ metadata }) => {
      const left = plainCopy(metadata.ownerReferences ?? []).filter((one) => one.uid !== owner.metadata.uid)
      if (left.length === 0) delete metadata.ownerReferences
      else metadata.ownerReferences = left
    })
  }
}
