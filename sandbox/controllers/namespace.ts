import { usedOf } from '../admission/quota.ts'
import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import { resources } from '../resources.ts'
import type { KubeObject } from '../wire.ts'
import type { Controller } from './runner.ts'

/** Gives every namespace its `default` service account, and empties one that is being deleted. */
export function namespaceController(cluster: Cluster): Controller {
  /** UIDs of what must be deleted yet, by namespace, from the first look at one that is going. */
  const going = new Map<string, Set<string>>()
  return {
    name: 'namespace',
    keys: ({ plural, type, object }) => {
      if (plural === 'namespaces') return [object.metadata.name]
      const name = object.metadata.namespace
      const place = name === undefined ? undefined : cluster.store.get('namespaces', name)
      if (place?.metadata.deletionTimestamp === undefined) return []
      if (type === 'ADDED') going.get(place.metadata.name)?.add(object.metadata.uid)
      return [place.metadata.name]
    },
    reconcile: (name) => {
      const namespace = cluster.store.get('namespaces', name)
      if (namespace === undefined) {
        going.delete(name)
        return undefined
      }
      if (namespace.metadata.deletionTimestamp !== undefined) {
        const left = going.get(name) ?? new Set(contentOf(cluster, name))
        going.set(name, left)
        empty(cluster, namespace, left)
      } else if (cluster.store.get('serviceaccounts', 'default', name) === undefined) {
        cluster.create('serviceaccounts', { metadata: { name: 'default', namespace: name } })
      }
      return undefined
    },
  }
}

const namespaced = resources.filter((one) => one.namespaced).map(({ plural }) => plural)

const contentOf = (cluster: Cluster, name: string): string[] =>
  namespaced.flatMap((plural) => (cluster.store.list(plural, name) as KubeObject[]).map(({ metadata }) => metadata.uid))

/** Deletes what is left to delete; a write that is refused leaves the rest for the next time. */
function empty(cluster: Cluster, namespace: KubeObject, left: Set<string>): void {
  for (const uid of left) {
    const object = cluster.store.byUid(uid)
    if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
      deleteObject(cluster, object, { propagationPolicy: 'Background' })
    }
    left.delete(uid)
  }
  const { name } = namespace.metadata
  if (namespaced.every((plural) => cluster.store.count(plural, name) === 0)) cluster.finish(namespace)
}

/** Keeps `status.used` of every quota. */
export function quotaController(cluster: Cluster): Controller {
  return {
    name: 'resourcequota',
    keys: ({ object }) => {
      const { namespace } = object.metadata
      return namespace !== undefined && cluster.store.count('resourcequotas', namespace) > 0 ? [namespace] : []
    },
    reconcile: (namespace) => {
      for (const quota of cluster.store.list('resourcequotas', namespace)) {
        const hard = quota.spec.hard ?? {}
        cluster.modify(quota, (draft) => {
          draft.status = { hard: { ...hard }, used: usedOf(cluster, namespace, hard) }
        })
      }
      return undefined
    },
  }
}

/** Removes pods whose node does not exist any more. */
export function lostPodController(cluster: Cluster): Controller {
  return {
    name: 'pod-garbage-collector',
    keys: ({ plural, type, object }) => (plural === 'nodes' && type === 'DELETED' ? [object.metadata.name] : []),
    reconcile: (name) => {
      if (cluster.store.get('nodes', name) !== undefined) return undefined
      for (const uid of cluster.pods.onNode(name)) {
        const lost = cluster.store.byUid(uid)
        if (lost !== undefined) deleteObject(cluster, lost, { gracePeriodSeconds: 0 })
      }
      return undefined
    },
  }
}
