import type { Target } from '../domain/injection.ts'
import type { Pod } from '../domain/kube.ts'
import { isReady } from '../domain/kube.ts'
import type { FaultContext } from './fault.ts'

/** The pods that targets name, as they are now; a pod of the same name with another UID is not the target. */
export async function currentPods(context: FaultContext, targets: readonly Target[]): Promise<ReadonlyMap<string, Pod>> {
  const found = new Map<string, Pod>()
  const pods = await Promise.all(
    targets.map((t) => context.cluster.objects.get<Pod>({ apiVersion: 'v1', kind: 'Pod', namespace: t.namespace, name: t.name })),
  )
  pods.forEach((pod, i) => {
    const target = targets[i]
    if (pod !== undefined && target !== undefined && pod.metadata.uid === target.uid) found.set(target.name, pod)
  })
  return found
}

/** Ready, so that a canary that stays closed is a matter of the network and not of the pod. */
export function answers(pod: Pod | undefined): boolean {
  return pod !== undefined && isReady(pod)
}

/** How often the pod's containers were started again, in all. */
export function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0)
}

/** Whether a container is down, or was started again since its restarts were counted. */
export function hasCrashed(pod: Pod, restartsBefore: number | undefined): boolean {
  const down = (pod.status?.containerStatuses ?? []).some((status) => status.state?.running === undefined)
  return down || (restartsBefore !== undefined && restartsOf(pod) > restartsBefore)
}
