import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import type { DaemonSet, Node } from '../kinds.ts'
import { plainCopy } from '../plain.ts'
import { isActive, isFinished, isReady } from '../pod-state.ts'
import type { PodTemplate } from '../wire.ts'
import { createPodFor, deletePodFor, podsOf } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'
import { fitsNode } from './scheduler.ts'

const component = 'daemonset-controller'

/** Keeps one pod on every node that fits, cordoned or not. */
export function daemonSetController(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => {
      if (change.plural !== 'nodes') return [...keysOf(change, 'daemonsets'), ...ownerKeys(change, 'pods', 'DaemonSet')]
      return cluster.store.list('daemonsets').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const set = cluster.store.get('daemonsets', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return undefined
      place(cluster, set)
      return undefined
    },
  }
}

function tolerant(set: DaemonSet): PodTemplate {
  const template = plainCopy(set.spec.template)
  const always = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'unschedulable']
  const added = always.map((name) => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists' }))
  template.spec.tolerations = [...(template.spec.tolerations ?? []), ...added]
  return template
}

function place(cluster: Cluster, set: DaemonSet): void {
  const template = tolerant(set)
  const fits = (node: Node) => fitsNode(template.spec, node, { ignoreCordon: true })
  const nodes = cluster.store.list('nodes').filter(fits)
  const pods = podsOf(cluster, set)
  for (const pod of pods.filter(isFinished)) deleteObject(cluster, pod)
  const names = new Set(nodes.map((node) => node.metadata.name))
  for (const pod of pods.filter((one) => !names.has(one.spec.nodeName ?? ''))) deletePodFor(cluster, set, pod, component)
  const covered = new Set(pods.map((pod) => pod.spec.nodeName))
  for (const node of nodes) {
    const nodeName = node.metadata.name
    if (!covered.has(nodeName)) createPodFor(cluster, set, template, { nodeName, component })
  }
  const active = podsOf(cluster, set).filter(isActive)
  const ready = active.filter(isReady).length
  cluster.modify(set, (draft) => {
    draft.status = {
      currentNumberScheduled: active.length,
      desiredNumberScheduled: nodes.length,
      numberAvailable: ready,
      numberMisscheduled: 0,
      numberReady: ready,
      numberUnavailable: nodes.length - ready,
      observedGeneration: draft.metadata.generation ?? 1,
      updatedNumberScheduled: active.length,
    }
  })
}
