import type { Pod } from '../domain/kube.ts'
import type { Clock, Cluster } from '../ports.ts'

/** Pods that something waits for, and how it shows on them that it is worth a look. */
export interface AwaitedPods {
  readonly namespace: string
  readonly labelSelector?: string
  /** Those of the selected pods that are meant; all when left out. */
  isOf?(pod: Pod): boolean
  isThere(pods: readonly Pod[]): boolean
}

interface Wait {
  /** The least between two looks. */
  readonly pollMs: number
  /** The most, where the cluster tells of changes. */
  readonly maxMs: number
  /** So much longer where there are pods, which only take their time. @default 0 */
  readonly moreMs?: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until it is worth to look again: where the cluster tells of changes, until the pods say so (then true, at once); else for `pollMs`.
 * Once they say so there is nothing more to wait for in them: its caller polls.
 */
export async function awaitPods(
  { cluster, clock, keep }: { readonly cluster: Cluster; readonly clock: Clock; readonly keep?: AbortSignal | undefined },
  { isThere, isOf = () => true, ...selected }: AwaitedPods,
  { pollMs, maxMs, moreMs = 0, signal }: Wait,
): Promise<boolean> {
  const over = new AbortController()
  const began = clock.now()
  const polled = clock.sleep(pollMs, signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]))
  let found = 0
  const look = (all: readonly Pod[]) => {
    const pods = all.filter(isOf)
    found = pods.length
    return isThere(pods)
  }
  const follow = (ms: number) => cluster.awaitList?.<Pod>(podKind, { ...selected, maxMs: ms, signal, keep }, look)
  let seen = maxMs > pollMs && (await follow(maxMs))
  const isOnItsWay = seen === 'over' && found > 0 && signal?.aborted !== true && clock.now() - began >= maxMs
  if (moreMs > 0 && isOnItsWay) seen = await follow(moreMs)
  if (seen === 'there') over.abort()
  await polled
  return seen === 'there'
}

const podKind = { apiVersion: 'v1', kind: 'Pod' } as const
