import { FaultlineError } from './domain/errors.ts'
import { isEnded, type ListedRun, type Run } from './domain/run.ts'
import type { RunStore } from './ports.ts'

export interface Finding {
  /** `latest` is the newest that is not over, while there is one. */
  readonly live?: boolean
  /** What is said where there are no runs at all. */
  readonly none: string
}

/**
 * The run that a person means: its id, the beginning of its id, or `latest`, whatever became of it.
 * @throws FaultlineError `not_found` where there is none, `bad_input` where several begin so
 */
export async function findRun(
  { runs: store }: { readonly runs: Pick<RunStore, 'load' | 'list'> },
  wanted: string,
  { live = false, none }: Finding,
): Promise<Run> {
  const exact = await store.load(wanted)
  if (exact !== undefined) return exact
  const runs = await store.list()
  const [newest] = [...(live ? runs.filter((run) => !isEnded(run)) : []), ...runs]
  const matches = wanted === 'latest' ? [...(newest === undefined ? [] : [newest])] : runs.filter((run) => run.id.startsWith(wanted))
  const [only] = matches
  if (matches.length > 1)
    throw new FaultlineError('bad_input', `"${wanted}" is the beginning of ${matches.length} runs: ${inShort(matches)}`)
  if (only === undefined)
    throw new FaultlineError('not_found', runs.length === 0 ? none : `there is no run "${wanted}"; there are: ${inShort(runs)}`)
  const found = await store.load(only.id)
  if (found === undefined) throw new FaultlineError('not_found', `run ${only.id} is listed, and was never stored as a whole`)
  return found
}

function inShort(runs: readonly ListedRun[]): string {
  const ids = runs.slice(0, 5).map((run) => run.id)
  return `${ids.join(', ')}${runs.length > 5 ? ', …' : ''}`
}
