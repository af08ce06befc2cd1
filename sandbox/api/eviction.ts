import { type DeleteOptions, deleteObject } from '../deletion.ts'
import { isFinished, isReady, withCondition } from '../pod-state.ts'
import { matchesSelector } from '../selectors.ts'
import type { Pod } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import type { Route } from './route.ts'
import { budgetHolds, notAllowed, StatusError } from './status.ts'

interface Eviction {
  readonly deleteOptions?: DeleteOptions & { dryRun?: unknown }
}

/** The eviction subresource: a graceful delete that a disruption budget may refuse with 429. */
export function handleEviction(backend: Backend, { name = '', namespace }: Route, exchange: Exchange): void {
  if (exchange.method !== 'POST') throw notAllowed()
  const { cluster } = backend
  const pod = cluster.get('pods', name, namespace)
  const { deleteOptions = {} } = exchange.object() as Eviction
  const dryRun = exchange.dryRun || (Array.isArray(deleteOptions.dryRun) && deleteOptions.dryRun.length > 0)
  const held = isFinished(pod) || pod.status.phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
  if (!held) spendBudget(backend, pod, dryRun)
  if (!dryRun) markDisrupted(backend, pod)
  deleteObject(cluster, cluster.get('pods', name, namespace), { ...deleteOptions, dryRun })
  exchange.send(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

function spendBudget({ cluster }: Backend, pod: Pod, dryRun: boolean): void {
  const budgets = cluster.store
    .list('poddisruptionbudgets', pod.metadata.namespace)
    .filter((one) => matchesSelector(one.spec.selector, pod.metadata.labels))
  if (budgets.length > 1) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new StatusError({ code: 500, reason: 'InternalError', message })
  }
  const budget = budgets[0]
  if (budget === undefined) return
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  if (!isReady(pod) && currentHealthy >= desiredHealthy && desiredHealthy > 0) return
  if (disruptionsAllowed <= 0) throw budgetHolds(budget.metadata.name, desiredHealthy, currentHealthy)
  if (dryRun) return
  cluster.modify(budget, (draft) => {
    if (draft.status) draft.status.disruptionsAllowed -= 1
  })
}

function markDisrupted({ cluster }: Backend, pod: Pod): void {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  } as const
  cluster.modify(pod, (draft) => {
    draft.status.conditions = withCondition(draft.status.conditions, condition, cluster.timestamp())
  })
}
