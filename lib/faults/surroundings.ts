import type { KubeObject, ObjectRef } from '../domain/kube.ts'
import type { FaultContext } from './fault.ts'

/**
 * A step is planned right after the run was admitted, which takes the start of its beacon (15 s at most, mostly less than one). What only
 * surrounds its targets (nodes, their zones, budgets, other policies) is not read again for that.
 */
const recentMs = 5_000

/** A list of what surrounds the targets; as it was seen in the last seconds, where this process saw it. Never for the targets themselves. */
export async function listSurroundings<T extends KubeObject>(
  { cluster, seen }: Pick<FaultContext, 'cluster' | 'seen'>,
  kind: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  options: { readonly namespace?: string } = {},
): Promise<readonly T[]> {
  return seen?.<T>(kind, options, recentMs) ?? cluster.objects.list<T>(kind, options)
}
