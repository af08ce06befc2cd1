import type { Pod } from '../domain/kube.ts'

/** The workload, and which of its pods the step takes. */
export interface Workload {
  readonly pods: readonly Pod[]
  readonly targets: readonly Pod[]
}

/**
 * Addresses that one target is cut off from: `peers`, all other pods of the workload; `split`, those that are no targets. Pods that
 * come later have other addresses: they are not cut.
 */
export function peersOf(target: Pod, workload: Workload, scope: 'peers' | 'split'): readonly string[] {
  const far = workload.pods.filter(
    (pod) =>
      pod.metadata.uid !== target.metadata.uid && (scope === 'peers' || !workload.targets.some((t) => t.metadata.uid === pod.metadata.uid)),
  )
  return far.flatMap((pod) => pod.status?.podIP ?? [])
}
