import type { Cluster } from '../cluster.ts'
import type { ReplicaSet } from '../kinds.ts'
import { controllerOf } from '../pod-index.ts'
import { isActive, isReady } from '../pod-state.ts'
import { matchesSelector } from '../selectors.ts'
import type { Change } from '../store.ts'
import type { KubeObject, Pod } from '../wire.ts'
import { controllerRef, createPodFor, deletePodFor, ownedBy, podsOf } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'replicaset-controller'
const retryMs = 1000

/** Keeps as many active pods as asked for; replaces those that go away, and adopts matching orphans. */
export function replicaSetController(cluster: Cluster): Controller {
  /** UIDs of owned pods that changed since their set was looked at, by the set's UID: only these can have left its selector. */
  const changed = new Map<string, Set<string>>()
  return {
    name: component,
    keys: (change) => {
      remember(cluster, changed, change)
      return [...keysOf(change, 'replicasets'), ...ownerKeys(change, 'pods', 'ReplicaSet')]
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const set = cluster.store.get('replicasets', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined
      const { uid } = set.metadata
      const pods = [...(changed.get(uid) ?? [])]
      changed.delete(uid)
      releaseStrangers(cluster, set, pods)
      adopt(cluster, set)
      const refused = scale(cluster, set)
      publish(cluster, set)
      return refused ? cluster.now() + retryMs : undefined
    },
  }
}

function remember({ store }: Cluster, changed: Map<string, Set<string>>, { plural, type, object }: Change): void {
  if (plural === 'replicasets' && type === 'DELETED') changed.delete(object.metadata.uid)
  const owner = plural === 'pods' && type !== 'DELETED' ? controllerOf(object) : undefined
  if (owner === undefined || store.byUid(owner)?.kind !== 'ReplicaSet') return
  changed.set(owner, (changed.get(owner) ?? new Set()).add(object.metadata.uid))
}

function releaseStrangers(cluster: Cluster, set: ReplicaSet, changed: readonly string[]): void {
  for (const uid of changed) {
    const pod = cluster.store.byUid(uid)
    if (pod !== undefined && ownedBy(pod, set) && !fits(set, pod)) release(cluster, set, pod)
  }
}

const fits = (set: ReplicaSet, pod: KubeObject): boolean => matchesSelector(set.spec.selector, pod.metadata.labels)

function release(cluster: Cluster, set: ReplicaSet, pod: KubeObject): void {
  cluster.modify(pod, ({ metadata }) => {
    const left = (metadata.ownerReferences ?? []).filter((owner) => owner.uid !== set.metadata.uid)
    if (left.length === 0) delete metadata.ownerReferences
    else metadata.ownerReferences = left
  })
}

function adopt(cluster: Cluster, set: ReplicaSet): void {
  for (const uid of cluster.pods.uncontrolled(set.metadata.namespace ?? '')) {
    const pod = cluster.store.byUid(uid) as Pod | undefined
    if (pod === undefined || !fits(set, pod) || !isActive(pod)) continue
    cluster.modify(pod, ({ metadata }) => {
      metadata.ownerReferences = [...(metadata.ownerReferences ?? []), controllerRef(set)]
    })
  }
}

function scale(cluster: Cluster, set: ReplicaSet): boolean {
  const missing = (set.spec.replicas ?? 1) - cluster.pods.countsOf(set.metadata.uid).active
  for (let made = 0; made < missing; made++) {
    if (createPodFor(cluster, set, set.spec.template, { component }) === undefined) return true
  }
  if (missing >= 0) return false
  const active = podsOf(cluster, set).filter(isActive)
  const spare = active.sort((a, b) => Number(isReady(a)) - Number(isReady(b))).slice(0, -missing)
  for (const pod of spare) deletePodFor(cluster, set, pod, component)
  return false
}

function publish(cluster: Cluster, set: ReplicaSet): void {
  const { active, ready } = cluster.pods.countsOf(set.metadata.uid)
  cluster.modify(set, (draft) => {
    draft.status = {
      replicas: active,
      fullyLabeledReplicas: active,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: draft.metadata.generation ?? 1,
    }
  })
}
