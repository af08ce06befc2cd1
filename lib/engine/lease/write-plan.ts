import type { Injection } from '../../domain/injection.ts'
import type { LedgerStore } from '../../ports.ts'

/** Asks the store until it answers or the run is lost. */
type Ask = <T>(what: string, work: () => Promise<T>) => Promise<T>

/**
 * Adds the entries of one plan after all that the step's ledger has of other plans. An entry of this very plan is there already when the
 * answer to its add was lost.
 */
export async function writePlan(
  ledger: Pick<LedgerStore, 'add' | 'list'>,
  planned: readonly Omit<Injection, 'n'>[],
  ask: Ask,
): Promise<readonly Injection[]> {
  const added: Injection[] = []
  let n = 0
  for (const injection of planned) {
    for (;;) {
      const { runId, step } = injection
      const entry = { ...injection, n }
      if (await ask(`ledger ${step}/${n}`, () => ledger.add(entry))) {
        added.push(entry)
        break
      }
      const stored = await ask(`ledger of ${runId}`, () => ledger.list(runId, step))
      const own = stored.find((other) => other.n === n && other.plan === injection.plan)
      if (own !== undefined) {
        added.push(own)
        break
      }
      n = 1 + Math.max(-1, ...stored.map((other) => other.n))
    }
    n += 1
  }
  return added
}
