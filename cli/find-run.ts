import type { Run } from '../lib/domain/run.ts'
import * as byName from '../lib/find-run.ts'
import type { Store } from '../lib/ports.ts'
import { print, type Terminal } from './terminal.ts'

interface Asked {
  readonly terminal: Pick<Terminal, 'err'>
  /** A document says by itself which run it is of. */
  readonly json?: boolean | undefined
  readonly live?: boolean
}

/** As `findRun` of the store; the terminal is told which one `latest` is. */
export async function findRun(store: Store, wanted: string, { terminal, json = false, live = false }: Asked): Promise<Run> {
  const run = await byName.findRun(store, wanted, { live, none: 'there are no runs here (is --state the right directory?)' })
  if (wanted === 'latest' && !json) print(terminal.err, `latest is ${run.id} (${run.status.replaceAll('_', ' ')})`)
  return run
}
