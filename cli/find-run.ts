import type { Run } from '../lib/domain/run.ts'
import * as byName from '../lib/find-run.ts'
import type { Store } from '../lib/ports.ts'
import { print, type Terminal } from './terminal.ts'

/** As `findRun` of the store; the terminal is told which one `latest` is. */
export async function findRun(
  store: Store,
  wanted: string,
  terminal: Pick<Terminal, 'err'>,
  { live = false }: { readonly live?: boolean } = {},
): Promise<Run> {
  const run = await byName.findRun(store, wanted, { live, none: 'there are no runs here (is --state the right directory?)' })
  if (wanted === 'latest') print(terminal.err, `latest is ${run.id} (${run.status.replaceAll('_', ' ')})`)
  return run
}
