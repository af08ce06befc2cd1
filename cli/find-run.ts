import { FaultlineError } from '../lib/domain/errors.ts'
import type { Run } from '../lib/domain/run.ts'
import type { Store } from '../lib/ports.ts'

/** The run that a person means: its id, the beginning of its id, or `latest`: the newest that was not refused. */
export async function findRun(store: Store, wanted: string): Promise<Run> {
  const exact = await store.runs.load(wanted)
  if (exact !== undefined) return exact
  const runs = await store.runs.list()
  const started = runs.find((run) => run.status !== 'refused') ?? runs[0]
  const matches = wanted === 'latest' ? [...(started === undefined ? [] : [started])] : runs.filter((run) => run.id.startsWith(wanted))
  const [only] = matches
  if (matches.length > 1)
    throw new FaultlineError('bad_input', `"${wanted}" is the beginning of ${matches.length} runs: ${inShort(matches)}`)
  if (only === undefined) {
    throw new FaultlineError(
      'not_found',
      runs.length === 0
        ? 'there are no runs here (is --state the right directory?)'
        : `there is no run "${wanted}"; there are: ${inShort(runs)}`,
    )
  }
  return (await store.runs.load(only.id)) ?? only
}

function inShort(runs: readonly Run[]): string {
  const ids = runs.slice(0, 5).map((run) => run.id)
  return `${ids.join(', ')}${runs.length > 5 ? ', …' : ''}`
}
