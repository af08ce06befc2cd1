import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import type { StatefulSet } from '../kinds.ts'
import { templateHash } from '../random.ts'
import type { Pod } from '../wire.ts'
import { createPodFor, deletePodFor, isActive, isFinished, isReady, podsOf } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'statefulset-controller'
const retryMs = 1000
const revisionLabel = 'controller-revision-hash'

/** Keeps pods name-0 … name-n in order; one that goes away comes back under its name with a new UID. */
export function statefulSetController(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => [...keysOf(change, 'statefulsets'), ...ownerKeys(change, 'pods', 'StatefulSet')],
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const set = cluster.store.get('statefulsets', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined
      const refused = advance(cluster, set)
      publish(cluster, set)
      return refused ? cluster.now() + retryMs : undefined
    },
  }
}

const revisionOf = (set: StatefulSet): string => `${set.metadata.name}-${templateHash(set.spec.template)}`

function ordinal(pod: Pod): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))
}

function advance(cluster: Cluster, set: StatefulSet): boolean {
  const wanted = set.spec.replicas ?? 1
  const pods = podsOf(cluster, set)
  const revision = revisionOf(set)
  for (const pod of pods.filter(isFinished)) deleteObject(cluster, pod)
  const spare = pods.filter((pod) => ordinal(pod) >= wanted).sort((a, b) => ordinal(b) - ordinal(a))
  for (const pod of spare) deletePodFor(cluster, set, pod, component)
  for (let index = 0; index < wanted; index++) {
    const name = `${set.metadata.name}-${index}`
    const pod = cluster.store.get('pods', name, set.metadata.namespace)
    if (pod === undefined) {
      const labels = {
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(index),
        [revisionLabel]: revision,
      }
      if (createPodFor(cluster, set, set.spec.template, { name, labels, component }) === undefined) return true
      if (set.spec.podManagementPolicy !== 'Parallel') return false
    } else if (set.spec.podManagementPolicy !== 'Parallel' && !isReady(pod)) return false
  }
  const outdated = pods.filter((pod) => isActive(pod) && pod.metadata.labels?.[revisionLabel] !== revision)
  const last = outdated.sort((a, b) => ordinal(b) - ordinal(a))[0]
  if (last !== undefined) deletePodFor(cluster, set, last, component)
  return false
}

function publish(cluster: Cluster, set: StatefulSet): void {
  const active = podsOf(cluster, set).filter(isActive)
  const ready = active.filter(isReady).length
  const revision = revisionOf(set)
  const updated = active.filter((pod) => pod.metadata.labels?.[revisionLabel] === revision).length
  cluster.modify(set, (draft) => {
    draft.status = {
      observedGeneration: draft.metadata.generation ?? 1,
      replicas: active.length,
      readyReplicas: ready,
      availableReplicas: ready,
      currentReplicas: updated,
      updatedReplicas: updated,
      currentRevision: revision,
      updateRevision: revision,
    }
  })
}
