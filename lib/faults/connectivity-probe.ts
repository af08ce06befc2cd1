import type { Finding, Measurement, Target } from '../domain/injection.ts'
import type { Pod } from '../domain/kube.ts'
import { isReady } from '../domain/kube.ts'
import type { FaultContext } from './fault.ts'

/** What one dial through the API server's pod proxy showed of a target. */
export interface Canary {
  readonly target: string
  readonly state: 'open' | 'closed' | 'unknown'
  readonly message: string
}

/**
 * Dials every target's port from the API server. Proves new inbound connections from there and no more: egress and established
 * connections stay unknown (https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls).
 */
export async function dialTargets(context: FaultContext, targets: readonly Target[]): Promise<readonly Canary[]> {
  return Promise.all(targets.map((target) => dialTarget(context, target)))
}

async function dialTarget(context: FaultContext, target: Target): Promise<Canary> {
  if (target.port === undefined) return { target: target.name, state: 'unknown', message: 'no TCP port is declared' }
  const result = await context.cluster.pods.dial({ namespace: target.namespace, name: target.name, port: target.port }, '/')
  const state = ({ reached: 'open', cut: 'closed', silent: 'closed', unknown: 'unknown' } as const)[result.outcome]
  return { target: target.name, state, message: result.message }
}

/** The canary as figures for the ledger and the report. */
export function asMeasurements(canaries: readonly Canary[]): readonly Measurement[] {
  return canaries.map((canary) => ({ target: canary.target, name: 'canary', unit: '', value: canary.state }))
}

/** Targets whose canary answered before: only theirs can show a cut. */
export function workingBefore(measurements: readonly Measurement[]): ReadonlySet<string> {
  return new Set(measurements.filter((m) => m.name === 'canary' && m.value === 'open').map((m) => m.target))
}

/** `yes` when every canary that worked before is in the wanted state, `no` when one is in the other, else `unknown`. */
export function judge(canaries: readonly Canary[], worked: ReadonlySet<string>, wanted: 'open' | 'closed'): Finding {
  const told = canaries.filter((canary) => worked.has(canary.target))
  if (told.some((canary) => canary.state !== wanted && canary.state !== 'unknown')) return 'no'
  return told.length > 0 && told.every((canary) => canary.state === wanted) ? 'yes' : 'unknown'
}

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
