import type { Injection } from '../domain/injection.ts'
import type { Cluster } from '../ports.ts'
import type { FaultContext } from './fault.ts'

type Ours = Pick<Injection, 'runId' | 'step' | 'n'>

/** By cluster, so that nothing outlives the driver it belongs to. */
const deeds = new WeakMap<Cluster, Set<string>>()

/**
 * Notes what this process did to the cluster where the cluster itself keeps no trace of who did it (a DELETE, a cordon that was
 * lifted since). For what is said about an injection and what is not done twice; a revert relies on the ledger alone.
 */
export function noteDeed(context: Pick<FaultContext, 'cluster'>, injection: Ours, what: string): void {
  const known = deeds.get(context.cluster) ?? new Set()
  deeds.set(context.cluster, known.add(keyOf(injection, what)))
}

/** Whether this very process did it; false proves nothing after a crash or a hand-over. */
export function didHere(context: Pick<FaultContext, 'cluster'>, injection: Ours, what: string): boolean {
  return deeds.get(context.cluster)?.has(keyOf(injection, what)) === true
}

function keyOf({ runId, step, n }: Ours, what: string): string {
  return `${runId}/${step}/${n}/${what}`
}
