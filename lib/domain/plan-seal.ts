import type { Injection } from './injection.ts'
import { hash53 } from './random.ts'

/** A step's plan as a whole, stored in one save with the run. Until then its ledger entries count for nothing. */
export interface PlanSeal {
  /** Which plan: its entries bear it. Another driver's plan of the same step has another one. */
  readonly id: string
  readonly count: number
  readonly digest: string
  /** How many targets the entries have, where that is more than a thousand: a look at them takes its time. */
  readonly targets?: number
}

const manyTargets = 1_000

type Entry = Pick<Injection, 'n' | 'fault' | 'targets' | 'plan'>

/** Seals entries that are all stored. */
export function sealOf(id: string, entries: readonly Entry[]): PlanSeal {
  const targets = entries.reduce((sum, entry) => sum + entry.targets.length, 0)
  return { id, count: entries.length, digest: digestOf(entries), ...(targets > manyTargets ? { targets } : {}) }
}

/** Whether an entry belongs to the plan that was sealed. Records from before there were seals have neither. */
export function isOfPlan(entry: Pick<Entry, 'plan'>, record: { readonly plan?: PlanSeal | null } | undefined): boolean {
  return (entry.plan ?? null) === (record?.plan?.id ?? null)
}

/** True when these are all entries of the plan, as they were sealed. */
export function isWhole(seal: PlanSeal, entries: readonly Entry[]): boolean {
  return entries.length === seal.count && digestOf(entries) === seal.digest
}

/** Of what never changes in an entry; the order in which a store lists them and their fields does not count. */
function digestOf(entries: readonly Entry[]): string {
  const lines = entries.map(({ n, fault, targets }) => `${n} ${fault} ${targets.map(({ uid }) => uid).join(' ')}`)
  return hash53(lines.sort().join('\n')).toString(36)
}
