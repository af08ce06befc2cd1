import type { ListedRun, Run } from './domain/run.ts'
import type { RunStore } from './ports.ts'

/** The records of runs that a list names, in its order; one that is gone meanwhile, or was never stored, is left out. */
export async function loadRuns(
  { runs }: { readonly runs: Pick<RunStore, 'load'> },
  listed: readonly Pick<ListedRun, 'id'>[],
): Promise<readonly Run[]> {
  const loaded = await Promise.all(listed.map(({ id }) => runs.load(id)))
  return loaded.filter((run) => run !== undefined)
}
