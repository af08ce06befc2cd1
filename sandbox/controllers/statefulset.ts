import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import type { StatefulSet } from '../kinds.ts'
import { sameJson } from '../plain.ts'
import { controllerOf, revisionLabel } from '../pod-index.ts'
import { isActive, isFinished, isReady } from '../pod-state.ts'
import { templateHash } from '../random.ts'
import type { Change } from '../store.ts'
import type { KubeObject, Pod } from '../wire.ts'
import { createPodFor, deletePodFor, ownedBy, podsOf } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'statefulset-controller'
const retryMs = 1000

/** Keeps pods name-0 … name-n in order; one that goes away comes back under its name with a new UID. */
export function statefulSetController(cluster: Cluster): Controller {
  /** Ordinals to look at again, by the set's UID: those of pods that changed, and what stood open at the last look. */
  const open = new Map<string, Set<number>>()
  return {
    name: component,
    keys: (change) => {
      note(cluster, open, change)
      return [...keysOf(change, 'statefulsets'), ...ownerKeys(change, 'pods', 'StatefulSet')]
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const set = cluster.store.get('statefulsets', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined
      const ordinals = open.get(set.metadata.uid) ?? new Set(allOrdinals(cluster, set))
      open.set(set.metadata.uid, ordinals)
      const refused = advance(cluster, set, ordinals)
      publish(cluster, set)
      return refused ? cluster.now() + retryMs : undefined
    },
  }
}

function note({ store }: Cluster, open: Map<string, Set<number>>, { plural, type, object, previous }: Change): void {
  if (plural === 'statefulsets') {
    if (type === 'DELETED' || !sameJson(object.spec, previous?.spec)) open.delete(object.metadata.uid)
  } else if (plural === 'pods') {
    const owner = controllerOf(object)
    if (owner !== undefined && store.byUid(owner)?.kind === 'StatefulSet') open.get(owner)?.add(ordinal(object))
  }
}

function allOrdinals(cluster: Cluster, set: StatefulSet): number[] {
  const wanted = Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => index)
  return [...wanted, ...podsOf(cluster, set).map(ordinal)]
}

const revisionOf = (set: StatefulSet): string => `${set.metadata.name}-${templateHash(set.spec.template)}`

function ordinal({ metadata: { name } }: KubeObject): number {
  return Number(name.slice(name.lastIndexOf('-') + 1))
}

/** Looks at the open ordinals, lowest first, and closes those that are as they should be; true when a pod was refused. */
function advance(cluster: Cluster, set: StatefulSet, open: Set<number>): boolean {
  const wanted = set.spec.replicas ?? 1
  const revision = revisionOf(set)
  const inOrder = set.spec.podManagementPolicy !== 'Parallel'
  const ordinals = [...open].sort((a, b) => a - b)
  const podAt = (index: number) => {
    const pod = cluster.store.get('pods', `${set.metadata.name}-${index}`, set.metadata.namespace)
    return pod !== undefined && ownedBy(pod, set) ? pod : undefined
  }
  for (const index of ordinals) {
    const pod = podAt(index)
    if (pod !== undefined && isFinished(pod)) deleteObject(cluster, pod)
  }
  for (const index of ordinals.filter((one) => one >= wanted).reverse()) {
    const pod = podAt(index)
    if (pod === undefined) open.delete(index)
    else deletePodFor(cluster, set, pod, component)
  }
  for (const index of ordinals.filter((one) => one < wanted)) {
    const pod = cluster.store.get('pods', `${set.metadata.name}-${index}`, set.metadata.namespace)
    if (pod === undefined) {
      if (!create(cluster, set, { index, revision })) return true
      if (inOrder) return false
    } else if (!isReady(pod)) {
      if (inOrder) return false
    } else if (isCurrent(pod, revision)) open.delete(index)
  }
  const outdated = ordinals.reverse().map(podAt)
  const last = outdated.find((pod) => pod !== undefined && isActive(pod) && !isCurrent(pod, revision))
  if (last !== undefined) deletePodFor(cluster, set, last, component)
  return false
}

const isCurrent = (pod: Pod, revision: string): boolean => isActive(pod) && pod.metadata.labels?.[revisionLabel] === revision

function create(cluster: Cluster, set: StatefulSet, { index, revision }: { readonly index: number; readonly revision: string }): boolean {
  const name = `${set.metadata.name}-${index}`
  const labels = {
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(index),
    [revisionLabel]: revision,
  }
  return createPodFor(cluster, set, set.spec.template, { name, labels, component }) !== undefined
}

function publish(cluster: Cluster, set: StatefulSet): void {
  const { active, ready } = cluster.pods.countsOf(set.metadata.uid)
  const revision = revisionOf(set)
  const updated = cluster.pods.ofRevision(set.metadata.uid, revision)
  cluster.modify(set, (draft) => {
    draft.status = {
      observedGeneration: draft.metadata.generation ?? 1,
      replicas: active,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: updated,
      updatedReplicas: updated,
      currentRevision: revision,
      updateRevision: revision,
    }
  })
}
