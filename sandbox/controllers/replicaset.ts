import type { Cluster } from '../cluster.ts'
import type { ReplicaSet } from '../kinds.ts'
import { matchesSelector } from '../selectors.ts'
import type { Pod } from '../wire.ts'
import { controllerRef, createPodFor, deletePodFor, isActive, isReady, ownedBy } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'replicaset-controller'
const retryMs = 1000

/** Keeps as many active pods as asked for; replaces those that go away, and adopts matching orphans. */
export function replicaSetController(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => [...keysOf(change, 'replicasets'), ...ownerKeys(change, 'pods', 'ReplicaSet')],
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const set = cluster.store.get('replicasets', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined
      const refused = scale(cluster, set, claim(cluster, set).filter(isActive))
      publish(cluster, set)
      return refused ? cluster.now() + retryMs : undefined
    },
  }
}

function claim(cluster: Cluster, set: ReplicaSet): Pod[] {
  return cluster.store.list('pods', set.metadata.namespace).flatMap((pod) => {
    const owners = pod.metadata.ownerReferences ?? []
    const fits = matchesSelector(set.spec.selector, pod.metadata.labels)
    if (ownedBy(pod, set)) return fits ? [pod] : release(cluster, set, pod)
    if (!fits || !isActive(pod) || owners.some((owner) => owner.controller)) return []
    const adopted = cluster.modify(pod, ({ metadata }) => {
      metadata.ownerReferences = [...owners, controllerRef(set)]
    })
    return adopted === undefined ? [] : [adopted]
  })
}

function release(cluster: Cluster, set: ReplicaSet, pod: Pod): [] {
  cluster.modify(pod, ({ metadata }) => {
    const left = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== set.metadata.uid)
    if (left.length === 0) delete metadata.ownerReferences
    else metadata.ownerReferences = left
  })
  return []
}

function scale(cluster: Cluster, set: ReplicaSet, active: Pod[]): boolean {
  const missing = (set.spec.replicas ?? 1) - active.length
  for (let made = 0; made < missing; made++) {
    if (createPodFor(cluster, set, set.spec.template, { component }) === undefined) return true
  }
  const spare = [...active].sort((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, Math.max(0, -missing))
  for (const pod of spare) deletePodFor(cluster, set, pod, component)
  return false
}

function publish(cluster: Cluster, set: ReplicaSet): void {
  const active = cluster.store.list('pods', set.metadata.namespace).filter((pod) => ownedBy(pod, set) && isActive(pod))
  const ready = active.filter(isReady).length
  cluster.modify(set, (draft) => {
    draft.status = {
      replicas: active.length,
      fullyLabeledReplicas: active.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: draft.metadata.generation ?? 1,
    }
  })
}
