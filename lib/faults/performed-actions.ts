import type { Injection } from '../domain/injection.ts'
import type { Cluster } from '../ports.ts'
import type { FaultContext } from './fault.ts'

type Ours = Pick<Injection, 'runId' | 'step' | 'n'>

/** By cluster, so that nothing outlives the driver it belongs to; by injection, what was done, with details. */
const actions = new WeakMap<Cluster, Map<string, Map<string, string>>>()

/**
 * Notes what this process did to the cluster where the cluster itself keeps no trace of who did it (a DELETE, a cordon that was
 * lifted since, an eviction). For what is said about an injection and what is not done twice; a revert relies on the ledger alone.
 */
export function noteAction(context: Pick<FaultContext, 'cluster'>, injection: Ours, what: string, detail = ''): void {
  const known = actions.get(context.cluster) ?? new Map<string, Map<string, string>>()
  const ofInjection = known.get(keyOf(injection)) ?? new Map<string, string>()
  actions.set(context.cluster, known.set(keyOf(injection), ofInjection.set(what, detail)))
}

/** Whether this very process did it; false proves nothing after a crash or a hand-over. */
export function didHere(context: Pick<FaultContext, 'cluster'>, injection: Ours, what: string): boolean {
  return actionsHere(context, injection).has(what)
}

const begun = 'begun'

/** Notes that this process was the first to put the injection in place. */
export function noteBegun(context: Pick<FaultContext, 'cluster'>, injection: Ours): void {
  noteAction(context, injection, begun)
}

/** Whether no driver before this process can have touched the injection's targets. */
export function begunHere(context: Pick<FaultContext, 'cluster'>, injection: Ours): boolean {
  return didHere(context, injection, begun)
}

/** All that this very process noted of an injection, in the order in which it was done first. */
export function actionsHere(context: Pick<FaultContext, 'cluster'>, injection: Ours): ReadonlyMap<string, string> {
  return actions.get(context.cluster)?.get(keyOf(injection)) ?? new Map()
}

function keyOf({ runId, step, n }: Ours): string {
  return `${runId}/${step}/${n}`
}
