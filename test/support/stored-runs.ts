import type { Run } from '../../lib/domain/run.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import type { RunStore, Store } from '../../lib/ports.ts'

/** Runs of a list, each as its record has it. */
export async function storedRuns(store: Pick<Store, 'runs'>, options?: Parameters<RunStore['list']>[0]): Promise<readonly Run[]> {
  return loadRuns(store, await store.runs.list(options))
}
