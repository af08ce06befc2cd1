import type { Cluster } from '../cluster.ts'
import type { DisruptionBudget } from '../kinds.ts'
import { matchesSelector } from '../selectors.ts'
import type { Pod } from '../wire.ts'
import { isFinished, isReady } from './pods.ts'
import { type Controller, splitKey } from './runner.ts'

/** Keeps every disruption budget's status true to its pods. */
export function budgetController(cluster: Cluster): Controller {
  return {
    name: 'disruption',
    keys: ({ plural, object }) => {
      if (plural !== 'pods' && plural !== 'poddisruptionbudgets') return []
      const { namespace } = object.metadata
      return cluster.store.list('poddisruptionbudgets', namespace).map((one) => `${namespace}/${one.metadata.name}`)
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const budget = cluster.store.get('poddisruptionbudgets', name, namespace)
      if (budget !== undefined) publish(cluster, budget)
      return undefined
    },
  }
}

function amount(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * of)
}

/** How many pods the owners of these pods want together. */
function expected(cluster: Cluster, pods: readonly Pod[]): number {
  const owners = new Set(pods.map((pod) => pod.metadata.ownerReferences?.find((one) => one.controller)?.uid))
  let total = 0
  for (const uid of owners) {
    const spec = uid === undefined ? undefined : (cluster.store.byUid(uid)?.spec as { replicas?: number } | undefined)
    total += spec?.replicas ?? pods.filter((pod) => pod.metadata.ownerReferences?.find((one) => one.controller)?.uid === uid).length
  }
  return total
}

function publish(cluster: Cluster, budget: DisruptionBudget): void {
  const covered = cluster.store
    .list('pods', budget.metadata.namespace)
    .filter((pod) => matchesSelector(budget.spec.selector, pod.metadata.labels) && !isFinished(pod))
  const healthy = covered.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
  const total = expected(cluster, covered)
  const { minAvailable, maxUnavailable } = budget.spec
  const desired = minAvailable === undefined ? Math.max(0, total - amount(maxUnavailable ?? 1, total)) : amount(minAvailable, total)
  const allowed = Math.max(0, healthy - desired)
  const condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? ('True' as const) : ('False' as const),
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    lastTransitionTime: cluster.timestamp(),
  }
  cluster.modify(budget, (draft) => {
    const before = draft.status?.conditions?.[0]
    const conditions = before?.status === condition.status ? [before] : [condition]
    const observedGeneration = draft.metadata.generation ?? 1
    draft.status = {
      currentHealthy: healthy,
      desiredHealthy: desired,
      disruptionsAllowed: allowed,
      expectedPods: total,
      observedGeneration,
      conditions,
    }
  })
}
