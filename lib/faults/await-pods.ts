import type { Pod } from '../domain/kube.ts'
import type { Clock, Cluster } from '../ports.ts'

/** Pods that something waits for, and how it shows on them that it is worth a look. */
export interface AwaitedPods {
  readonly namespace: string
  readonly labelSelector?: string
  isThere(pods: readonly Pod[]): boolean
}

interface Wait {
  /** The least between two looks. */
  readonly pollMs: number
  /** The most, where the cluster tells of changes. */
  readonly maxMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until it is worth to look again: where the cluster tells of changes, until the pods say so (then true, at once); else for `pollMs`.
 * Once they say so there is nothing more to wait for in them: its caller polls.
 */
export async function awaitPods(
  { cluster, clock }: { readonly cluster: Cluster; readonly clock: Clock },
  { isThere, ...options }: AwaitedPods,
  { pollMs, maxMs, signal }: Wait,
): Promise<boolean> {
  const over = new AbortController()
  const polled = clock.sleep(pollMs, signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]))
  const seen = maxMs > pollMs && (await cluster.awaitList?.<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { ...options, maxMs, signal }, isThere))
  if (seen === 'there') over.abort()
  await polled
  return seen === 'there'
}
