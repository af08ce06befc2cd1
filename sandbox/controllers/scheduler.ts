import type { Cluster } from '../cluster.ts'
import { recordEvent } from '../events.ts'
import type { Node } from '../kinds.ts'
import { withCondition } from '../pod-state.ts'
import { matchesSelector } from '../selectors.ts'
import type { LabelSelector, Pod, PodSpec, Toleration } from '../wire.ts'
import { type Controller, keysOf, splitKey } from './runner.ts'

const component = 'default-scheduler'

function tolerates(tolerations: readonly Toleration[] | undefined, taint: { key: string; value?: string; effect: string }): boolean {
  return (tolerations ?? []).some((one) => {
    if (one.effect && one.effect !== taint.effect) return false
    if (!one.key) return one.operator === 'Exists'
    if (one.key !== taint.key) return false
    return one.operator === 'Exists' || (one.value ?? '') === (taint.value ?? '')
  })
}

interface NodeTerm {
  matchExpressions?: NonNullable<LabelSelector['matchExpressions']>
  matchFields?: NonNullable<LabelSelector['matchExpressions']>
}

interface Affinity {
  nodeAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeTerm[] } }
}

function fitsAffinity(spec: PodSpec, node: Node): boolean {
  const terms = (spec.affinity as Affinity | undefined)?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  return (terms ?? [{}]).some(({ matchExpressions = [], matchFields = [] }) => {
    const fields = { 'metadata.name': node.metadata.name }
    return matchesSelector({ matchExpressions }, node.metadata.labels) && matchesSelector({ matchExpressions: matchFields }, fields)
  })
}

/** Whether node selector, required node affinity, taints and cordon let a pod onto a node. */
export function fitsNode(spec: PodSpec, node: Node, { ignoreCordon = false } = {}): boolean {
  const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  if (node.spec.unschedulable && !ignoreCordon && !tolerates(spec.tolerations, cordon)) return false
  const labels = node.metadata.labels ?? {}
  if (!Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)) return false
  if (!fitsAffinity(spec, node)) return false
  const hard = (node.spec.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && taint.key !== cordon.key)
  return hard.every((taint) => tolerates(spec.tolerations, taint))
}

/** Binds each pending pod to the fitting node with the fewest pods of the same owner, then the fewest pods. */
export function scheduler(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => {
      if (change.plural !== 'nodes') return keysOf(change, 'pods')
      const pods = cluster.pods.unbound().map((uid) => cluster.store.byUid(uid))
      return pods.flatMap((pod) => (pod === undefined ? [] : [`${pod.metadata.namespace}/${pod.metadata.name}`]))
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const pod = cluster.store.get('pods', name, namespace)
      if (pod === undefined || pod.spec.nodeName !== undefined || pod.metadata.deletionTimestamp !== undefined) return undefined
      const nodes = cluster.store.list('nodes')
      const fitting = nodes.filter((node) => fitsNode(pod.spec, node))
      const best = leastLoaded(cluster, pod, fitting)
      if (best === undefined) refuse(cluster, pod, nodes.length)
      else bind(cluster, pod, best)
      return undefined
    },
  }
}

function leastLoaded({ pods }: Cluster, pod: Pod, nodes: readonly Node[]): string | undefined {
  const owner = pod.metadata.ownerReferences?.[0]?.uid
  const siblings = owner === undefined ? undefined : pods.spreadOf(owner)
  const zoneOf = new Map(nodes.map((node) => [node.metadata.name, node.metadata.labels?.['topology.kubernetes.io/zone'] ?? '']))
  const zones = new Map<string, number>()
  for (const [node, count] of siblings ?? []) {
    const zone = zoneOf.get(node) ?? ''
    zones.set(zone, (zones.get(zone) ?? 0) + count)
  }
  let best: { readonly node: string; readonly score: number } | undefined
  for (const [node, zone] of zoneOf) {
    const score = (siblings?.get(node) ?? 0) * 1e6 + (zones.get(zone) ?? 0) * 1e3 + pods.loadOf(node)
    if (best === undefined || score < best.score || (score === best.score && node < best.node)) best = { node, score }
  }
  return best?.node
}

function bind(cluster: Cluster, pod: Pod, nodeName: string): void {
  cluster.modify(pod, (draft) => {
    draft.spec.nodeName = nodeName
    draft.status.conditions = withCondition(draft.status.conditions, { type: 'PodScheduled', status: 'True' }, cluster.timestamp())
  })
  const { namespace, name } = pod.metadata
  recordEvent(cluster, pod, { reason: 'Scheduled', message: `Successfully assigned ${namespace}/${name} to ${nodeName}`, component })
}

function refuse(cluster: Cluster, pod: Pod, nodes: number): void {
  const message = `0/${nodes} nodes are available: ${nodes} node(s) were unschedulable, tainted or did not match the pod's node selector.`
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const
  const before = pod.status.conditions?.find((one) => one.type === 'PodScheduled')
  if (before?.message === message) return
  cluster.modify(pod, (draft) => {
    draft.status.conditions = withCondition(draft.status.conditions, condition, cluster.timestamp())
  })
  recordEvent(cluster, pod, { type: 'Warning', reason: 'FailedScheduling', message, component })
}
