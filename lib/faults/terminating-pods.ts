import type { Pod } from '../domain/kube.ts'
import { isoSeconds, parseIso } from '../time.ts'

/** Longer graces than this are told in a plan: the default is 30 s, and few people wait for more than a minute. */
const usualGraceSeconds = 60

/** A kubelet removes a pod within a few seconds of the end of its grace; later it stands still, or a finalizer holds the pod. */
const removalMs = 10_000

/** `pod x is terminating (may take until 2026-…; finalizers a, b)` */
export function describeTerminating(pod: Pod): string {
  const { name, deletionTimestamp, finalizers = [] } = pod.metadata
  const held = finalizers.length === 0 ? '' : `; finalizers ${finalizers.join(', ')} hold it`
  return `${name} is terminating (its grace ends at ${isoSeconds(parseIso(deletionTimestamp) ?? 0)}${held})`
}

/** True when a pod should have been gone by now: a pod's deletionTimestamp is the end of its grace. */
export function isOverdue(pod: Pod, now: number): boolean {
  const ends = parseIso(pod.metadata.deletionTimestamp)
  return ends !== undefined && now > ends + removalMs
}

/** What a plan says of a pod that will take its time to go. */
export function slowToGo(pod: Pod, graceSeconds: number | null): readonly string[] {
  const { name, finalizers = [] } = pod.metadata
  const grace = graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0
  return [
    ...(grace > usualGraceSeconds ? [`${name} may take ${grace} s to terminate (its grace)`] : []),
    ...(finalizers.length > 0 ? [`${name} stays until its finalizers are taken off: ${finalizers.join(', ')}`] : []),
  ]
}
