import { FaultlineError } from '../lib/domain/errors.ts'
import { isEnded, type Run } from '../lib/domain/run.ts'
import type { Store } from '../lib/ports.ts'
import { print, type Terminal } from './terminal.ts'

/**
 * The run that a person means: its id, the beginning of its id, or `latest`, whatever became of it; the terminal is told which that is.
 * With `live`, latest is the newest that is not over, while there is one.
 */
export async function findRun(
  store: Store,
  wanted: string,
  terminal: Pick<Terminal, 'err'>,
  { live = false }: { readonly live?: boolean } = {},
): Promise<Run> {
  const exact = await store.runs.load(wanted)
  if (exact !== undefined) return exact
  const runs = await store.runs.list()
  const [newest] = [...(live ? runs.filter((run) => !isEnded(run)) : []), ...runs]
  if (wanted === 'latest' && newest !== undefined) print(terminal.err, `latest is ${newest.id} (${newest.status.replaceAll('_', ' ')})`)
  const matches = wanted === 'latest' ? [...(newest === undefined ? [] : [newest])] : runs.filter((run) => run.id.startsWith(wanted))
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
