import type { Cluster } from '../ports.ts'

/** Where the cluster does not say how many calls it takes at once: what the client allows when nothing is set. */
const usualInFlight = 50

/**
 * Acts on all of them, as many at once as the client sends, so that none waits for a slot after it was allowed to begin. Once one fails no
 * other is begun; what is on its way is waited for, then the first error is thrown.
 */
export async function sideBySide<T>(
  { cluster }: { readonly cluster: Pick<Cluster, 'inFlight'> },
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = []
  let next = 0
  const lane = async () => {
    while (next < items.length && errors.length === 0) {
      const item = items[next++] as T
      await act(item).catch((error: unknown) => errors.push(error))
    }
  }
  await Promise.all(Array.from({ length: Math.min(items.length, cluster.inFlight ?? usualInFlight) }, lane))
  if (errors.length > 0) throw errors[0]
}
