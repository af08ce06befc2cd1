import type { Cluster } from '../cluster.ts'
import type { DisruptionBudget } from '../kinds.ts'
import { sameJson } from '../plain.ts'
import { PodSelection } from '../pod-selection.ts'
import { isActive, isFinished, isReady } from '../pod-state.ts'
import { matchesSelector } from '../selectors.ts'
import type { Pod } from '../wire.ts'
import { type Controller, keysOf, splitKey } from './runner.ts'

/** Keeps every disruption budget's status true to its pods. */
export function budgetController(cluster: Cluster): Controller {
  const coverages = new Map<string, Coverage>()
  return {
    name: 'disruption',
    keys: (change) => {
      if (change.plural === 'poddisruptionbudgets') return keysOf(change, 'poddisruptionbudgets')
      if (change.plural !== 'pods') return []
      const { object, previous } = change
      const covers = ({ spec }: DisruptionBudget) =>
        [object, previous].some((pod) => pod !== undefined && matchesSelector(spec.selector, pod.metadata.labels))
      const touched = cluster.store.list('poddisruptionbudgets', object.metadata.namespace).filter(covers)
      return touched.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    },
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const budget = cluster.store.get('poddisruptionbudgets', name, namespace)
      const known = coverages.get(key)
      if (known !== undefined && (budget === undefined || !sameJson(known.selector, budget.spec.selector))) {
        known.covered.close()
        known.healthy.close()
        coverages.delete(key)
      }
      if (budget === undefined) return undefined
      const coverage = coverages.get(key) ?? coverageOf(cluster, budget)
      coverages.set(key, coverage)
      publish(cluster, budget, coverage)
      return undefined
    },
  }
}

/** The unfinished pods that a budget selects. */
interface Coverage {
  readonly selector: DisruptionBudget['spec']['selector']
  readonly covered: PodSelection
  readonly healthy: PodSelection
}

function coverageOf({ store }: Cluster, { metadata: { namespace = '' }, spec: { selector } }: DisruptionBudget): Coverage {
  const covers = (pod: Pod) => matchesSelector(selector, pod.metadata.labels) && !isFinished(pod)
  return {
    selector,
    covered: new PodSelection(store, { namespace, wants: covers }),
    healthy: new PodSelection(store, { namespace, wants: (pod) => covers(pod) && isReady(pod) && isActive(pod) }),
  }
}

function amount(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) / 100) * of)
}

/** How many pods the owners of these pods want together. */
function expected(cluster: Cluster, covered: PodSelection): number {
  let total = 0
  for (const [uid, count] of covered.owners) {
    const spec = uid === undefined ? undefined : (cluster.store.byUid(uid)?.spec as { replicas?: number } | undefined)
    total += spec?.replicas ?? count
  }
  return total
}

function publish(cluster: Cluster, budget: DisruptionBudget, coverage: Coverage): void {
  const healthy = coverage.healthy.size
  const total = expected(cluster, coverage.covered)
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
