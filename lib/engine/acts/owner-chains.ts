import { FaultlineError } from '../../domain/errors.ts'
import { controllersOf, type Inventory, isOwnedBy } from '../../domain/inventory.ts'
import type { KubeObject, OwnerReference } from '../../domain/kube.ts'
import { controllerOf } from '../../domain/kube.ts'
import type { FaultContext } from '../../faults/fault.ts'

/** An operator's resource above a StatefulSet is one step, that of a platform above it another; owners hardly stand higher. */
const mostLevels = 4
/** A namespace of more controllers than this is not climbed one GET after another for a name that may be misspelt. */
const mostReads = 100

/**
 * The controllers above those that a list told of, for a step that names one of them (a Rollout, an operator's resource). Read only where
 * the owner is not found lower down, so that no right on kinds of strangers is needed else. What cannot be read ends its chain, and is told.
 */
export async function climbOwners(
  { cluster, namespace }: Pick<FaultContext, 'cluster' | 'namespace'>,
  inventory: Inventory,
  wanted: readonly string[],
): Promise<Pick<Inventory, 'ancestors' | 'unreadOwners'>> {
  const ancestors = new Map<string, OwnerReference>()
  const unread = new Map<string, string>()
  const known = () => new Map([...ancestors, ...inventory.parents])
  const isMissing = (owner: string) => !inventory.pods.some((pod) => isOwnedBy(pod, owner, { ...inventory, ancestors }))
  const seen = new Set<string>()
  for (let level = 0; level < mostLevels && wanted.some(isMissing); level++) {
    const tops = new Map(inventory.pods.flatMap((pod) => controllersOf(pod, known()).slice(-1)).map((ref) => [ref.uid, ref]))
    const next = [...tops.values()].filter(({ uid }) => !seen.has(uid)).slice(0, mostReads - seen.size)
    if (next.length === 0) break
    for (const { uid } of next) seen.add(uid)
    await Promise.all(
      next.map(async ({ apiVersion, kind, name, uid }) => {
        try {
          const found = await cluster.objects.get<KubeObject>({ apiVersion, kind, namespace, name })
          const above = found === undefined ? undefined : controllerOf(found)
          if (above !== undefined) ancestors.set(uid, above)
        } catch (error) {
          if (!(error instanceof FaultlineError)) throw error
          unread.set(uid, `${kind} ${name}`)
        }
      }),
    )
  }
  return { ancestors, unreadOwners: [...unread.values()].sort() }
}
