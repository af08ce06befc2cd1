import type { KubeObject, LabelSelector, Pod } from './kube.ts'
import { isReady } from './kube.ts'
import { matchesSelector } from './label-selector.ts'
import type { FaultName } from './suite.ts'

/** What is read of a PodDisruptionBudget (policy/v1). */
export interface DisruptionBudget extends KubeObject {
  readonly spec?: { readonly selector?: LabelSelector }
  readonly status?: { readonly disruptionsAllowed?: number; readonly observedGeneration?: number }
}

/** Kinds of faults that take pods from those that serve: all at once, or one by one as evictions are let through. */
const disruptive: Partial<Record<FaultName, 'at_once' | 'one_by_one'>> = {
  'pod-delete': 'at_once',
  'pod-kill': 'at_once',
  crashloop: 'at_once',
  'pod-pause': 'at_once',
  'node-drain': 'one_by_one',
}

/** Whether budgets have a say in a fault of that kind. */
export function isDisruptive(kind: FaultName): boolean {
  return disruptive[kind] !== undefined
}

/**
 * Every budget without the headroom for hitting these pods, in words. Pods that are not Ready use up none. A drain waits for its budgets, so
 * that one disruption is enough; everything else goes past them. Pure.
 */
export function lacksHeadroom(budgets: readonly DisruptionBudget[], hit: readonly Pod[], kind: FaultName): readonly string[] {
  return budgets.flatMap(({ metadata, spec, status }) => {
    const { selector } = spec ?? {}
    const held = hit.filter((pod) => isReady(pod) && selector !== undefined && matchesSelector(selector, pod.metadata.labels))
    const isBehind = (status?.observedGeneration ?? 0) < (metadata.generation ?? 0)
    const allowed = isBehind ? 0 : (status?.disruptionsAllowed ?? 0)
    if (Math.min(held.length, disruptive[kind] === 'one_by_one' ? 1 : held.length) <= allowed) return []
    const why = isBehind ? ' (its status is older than its spec)' : ''
    const names = held.map((pod) => pod.metadata.name).join(', ')
    return [`PodDisruptionBudget ${metadata.name} allows ${allowed} disruptions now${why}; Ready pods of it that would be hit: ${names}`]
  })
}
