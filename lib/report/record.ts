import { isOfPlan } from '../domain/plan-seal.ts'
import type { Run } from '../domain/run.ts'
import type { Store } from '../ports.ts'
import type { RunRecord } from './document.ts'

/** What the store knows of a run. */
export async function recordOf(store: Pick<Store, 'ledger' | 'samples'>, run: Run): Promise<RunRecord> {
  const [injections, history, samples] = await Promise.all([
    store.ledger.list(run.id),
    store.ledger.history(run.id),
    store.samples.list(run.id),
  ])
  return { run, injections: injections.filter((entry) => isOfPlan(entry, run.steps[entry.step])), history, samples }
}
