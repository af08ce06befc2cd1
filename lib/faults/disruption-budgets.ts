import { KubernetesError } from '../domain/errors.ts'
import type { KubeObject, LabelSelector, Pod } from '../domain/kube.ts'
import { matchesSelector } from '../domain/label-selector.ts'
import type { FaultContext } from './fault.ts'
import { listSurroundings } from './surroundings.ts'

interface DisruptionBudget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector }
  readonly status?: { readonly disruptionsAllowed?: number }
}

/**
 * Budgets that a DELETE of these pods goes past, which no API server refuses: only evictions obey them. Best effort: without the right to
 * list budgets nothing is told.
 */
export async function budgetsPassed(context: FaultContext, pods: readonly Pod[]): Promise<readonly string[]> {
  const budgets = await listBudgets(context)
  return budgets.flatMap(({ metadata, spec, status }) => {
    const held = pods.filter((pod) => spec?.selector !== undefined && matchesSelector(spec.selector, pod.metadata.labels))
    const allowed = status?.disruptionsAllowed ?? 0
    if (held.length <= allowed) return []
    const who = held.map((pod) => pod.metadata.name).join(', ')
    return [`PodDisruptionBudget ${metadata.name} allows ${allowed} disruptions now; a delete of ${who} goes past it (node-drain obeys it)`]
  })
}

async function listBudgets(context: FaultContext): Promise<readonly DisruptionBudget[]> {
  const { namespace } = context
  try {
    return await listSurroundings<DisruptionBudget>(context, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, { namespace })
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return []
    throw error
  }
}
