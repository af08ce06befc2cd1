import { type Cluster, resourceFor } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import type { KubeObject, OwnerReference } from '../wire.ts'
import type { Controller } from './runner.ts'

const reactionMs = 100

/**
 * Collects what has lost its owners, 0.1 s after the last owner is gone, and carries out foreground deletions. An
 * owner counts only by UID, and only in the dependent's namespace or cluster-wide.
 */
export function garbageCollector(cluster: Cluster): Controller {
  const firstSeen = new Map<string, number>()
  return {
    name: 'garbage-collector',
    keys: (change) => {
      const { uid, ownerReferences = [], deletionTimestamp } = change.object.metadata
      const goes = change.type === 'DELETED' || deletionTimestamp !== undefined
      const affected = goes ? cluster.store.dependents(uid).map(({ metadata }) => metadata.uid) : []
      return [uid, ...affected, ...ownerReferences.map((owner) => owner.uid)]
    },
    reconcile: (uid) => {
      const object = cluster.store.byUid(uid)
      if (object?.metadata.finalizers?.includes('foregroundDeletion')) deleteForeground(cluster, object)
      if (object === undefined || !isGarbage(cluster, object)) {
        firstSeen.delete(uid)
        return undefined
      }
      const due = (firstSeen.get(uid) ?? cluster.now()) + reactionMs
      firstSeen.set(uid, due - reactionMs)
      if (due > cluster.now()) return due
      firstSeen.delete(uid)
      if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, object, { propagationPolicy: 'Background' })
      return undefined
    },
  }
}

function isPresent(cluster: Cluster, dependent: KubeObject, owner: OwnerReference): boolean {
  const found = cluster.store.byUid(owner.uid)
  if (found === undefined || found.kind !== owner.kind) return false
  return !resourceFor(found).namespaced || found.metadata.namespace === dependent.metadata.namespace
}

function isGarbage(cluster: Cluster, object: KubeObject): boolean {
  const owners = object.metadata.ownerReferences ?? []
  return owners.length > 0 && !owners.some((owner) => isPresent(cluster, object, owner))
}

function deleteForeground(cluster: Cluster, owner: KubeObject): void {
  const objects = cluster.store.dependents(owner.metadata.uid)
  for (const object of objects) {
    if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, object, { propagationPolicy: 'Background' })
  }
  const blocked = objects.some((object) => {
    const blocks = object.metadata.ownerReferences?.some((one) => one.uid === owner.metadata.uid && one.blockOwnerDeletion)
    return blocks === true && cluster.store.byUid(object.metadata.uid) !== undefined
  })
  if (blocked) return
  cluster.modify(owner, ({ metadata }) => {
    metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== 'foregroundDeletion')
  })
}
