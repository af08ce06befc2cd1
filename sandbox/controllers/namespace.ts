import { usedOf } from '../admission/quota.ts'
import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import { resources } from '../resources.ts'
import type { KubeObject } from '../wire.ts'
import type { Controller } from './runner.ts'

/** Gives every namespace its `default` service account, and empties one that is being deleted. */
export function namespaceController(cluster: Cluster): Controller {
  return {
    name: 'namespace',
    keys: ({ plural, object }) => {
      if (plural === 'namespaces') return [object.metadata.name]
      const name = object.metadata.namespace
      const place = name === undefined ? undefined : cluster.store.get('namespaces', name)
      return place?.metadata.deletionTimestamp === undefined ? [] : [place.metadata.name]
    },
    reconcile: (name) => {
      const namespace = cluster.store.get('namespaces', name)
      if (namespace === undefined) return undefined
      if (namespace.metadata.deletionTimestamp !== undefined) empty(cluster, namespace)
      else if (cluster.store.get('serviceaccounts', 'default', name) === undefined) {
        cluster.create('serviceaccounts', { metadata: { name: 'default', namespace: name } })
      }
      return undefined
    },
  }
}

function empty(cluster: Cluster, namespace: KubeObject): void {
  const content = () =>
    resources.filter((one) => one.namespaced).flatMap((one) => cluster.store.list(one.plural, namespace.metadata.name) as KubeObject[])
  for (const object of content()) {
    if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, object, { propagationPolicy: 'Background' })
  }
  if (content().length === 0) cluster.finish(namespace)
}

/** Keeps `status.used` of every quota. */
export function quotaController(cluster: Cluster): Controller {
  return {
    name: 'resourcequota',
    keys: ({ object }) => {
      const { namespace } = object.metadata
      return namespace !== undefined && cluster.store.list('resourcequotas', namespace).length > 0 ? [namespace] : []
    },
    reconcile: (namespace) => {
      for (const quota of cluster.store.list('resourcequotas', namespace)) {
        const hard = quota.spec.hard ?? {}
        cluster.modify(quota, (draft) => {
          draft.status = { hard: { ...hard }, used: usedOf(cluster.store, namespace, hard) }
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
      const lost = cluster.store.list('pods').filter((pod) => pod.spec.nodeName === name)
      for (const pod of lost) deleteObject(cluster, pod, { gracePeriodSeconds: 0 })
      return undefined
    },
  }
}
