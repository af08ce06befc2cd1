import type { Condition, Pod } from './wire.ts'

export function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed'
}

/** Counts towards replicas: neither finished nor going away. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && pod.metadata.deletionTimestamp === undefined
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status.conditions, 'Ready')?.status === 'True'
}

export function conditionOf(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((one) => one.type === type)
}

/** A list with this condition set; the transition time moves only when its status does. */
export function withCondition(conditions: readonly Condition[] | undefined, wanted: Condition, now: string): Condition[] {
  const others = (conditions ?? []).filter((one) => one.type !== wanted.type)
  const before = conditionOf(conditions, wanted.type)
  const since = before?.status === wanted.status ? before.lastTransitionTime : now
  return [...others, { ...wanted, lastTransitionTime: since ?? now }]
}
