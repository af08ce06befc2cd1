import type { DisruptionBudget } from '../domain/disruption-budget.ts'
import { KubernetesError } from '../domain/errors.ts'
import type { FaultContext } from './fault.ts'
import { listSurroundings } from './surroundings.ts'

/** Budgets of the namespace; null without the right to list them. */
export async function listBudgets(
  context: Pick<FaultContext, 'cluster' | 'namespace' | 'seen'>,
): Promise<readonly DisruptionBudget[] | null> {
  const { namespace } = context
  try {
    return await listSurroundings<DisruptionBudget>(context, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, { namespace })
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return null
    throw error
  }
}
