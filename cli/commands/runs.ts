import { isEnded } from '../../lib/domain/run.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { columnsOf } from '../../lib/report/columns.ts'
import { dateAndTime, duration } from '../../lib/report/durations.ts'
import { type RunRow, runRow } from '../../lib/report/run-row.ts'
import { table } from '../../lib/report/table.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { isAbandoned } from '../reaping.ts'
import { shortIds } from '../short-ids.ts'
import { print, type Terminal } from '../terminal.ts'

export interface RunsFlags extends WorkFlags {
  readonly suite?: string
  readonly limit: number
  /** Everything of each run, however wide that is. */
  readonly wide?: boolean
}

/** `faultline runs`: the newest runs of this state directory. */
export function listRuns(flags: RunsFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const { store } = composition
    const found = await store.runs.list({ limit: flags.limit, ...(flags.suite === undefined ? {} : { suite: flags.suite }) })
    const live = await loadRuns(
      store,
      found.filter((run) => !isEnded(run)),
    )
    const lost = new Set(live.filter((run) => !isEnded(run) && isAbandoned(composition, run)).map(({ id }) => id))
    const runs = found.map((run) => runRow(run, lost.has(run.id)))
    if (flags.json === true) printJson(terminal, { runs })
    else tellRuns(runs, { wide: flags.wide === true, none: `no runs yet in ${flags.state}` }, terminal)
    return exitCodes.succeeded
  })
}

/** A list of runs as people read it; `none` says so when there are none. */
export function tellRuns(
  runs: readonly RunRow[],
  { wide, none }: { readonly wide: boolean; readonly none: string },
  { out }: Pick<Terminal, 'out'>,
): void {
  const lines = runs.length === 0 ? [none] : wide ? wideTable(runs) : narrowTable(runs)
  for (const text of lines) print(out, text)
}

/** What fits a terminal of 80 columns: the namespace only where there is room for it. */
function narrowTable(runs: readonly RunRow[]): readonly string[] {
  const ids = shortIds(runs.map(({ run }) => run))
  const cells = (row: RunRow, i: number) => [
    ids[i] ?? row.run,
    row.driverLost ? `${row.state}, lost` : row.state,
    startedAt(row).slice(5, 16).replace('T', ' '),
    tookOf(row),
    row.namespace,
  ]
  const all = table(['run', 'state', 'started', 'took', 'namespace'], runs.map(cells))
  const fitting = all.every((row) => columnsOf(row) <= narrow)
    ? all
    : table(
        ['run', 'state', 'started', 'took'],
        runs.map((row, i) => cells(row, i).slice(0, -1)),
      )
  const [simulated, lost] = [runs.some(({ cluster }) => cluster.simulated), runs.some(({ driverLost }) => driverLost)]
  return [
    ...fitting,
    ...(simulated ? [`${runs.every(({ cluster }) => cluster.simulated) ? 'all' : 'some'} on a simulated cluster (--wide says which)`] : []),
    ...(lost ? ['lost: it has no driver any more; "faultline reap" ends it'] : []),
  ]
}

const narrow = 80

function wideTable(runs: readonly RunRow[]): readonly string[] {
  return table(
    ['run', 'state', 'suite', 'namespace', 'cluster', 'started', 'took'],
    runs.map((row) => [
      row.run,
      row.driverLost ? `${row.state} (driver lost: reap it)` : row.state,
      row.suite,
      row.namespace,
      clusterText(row.cluster),
      startedAt(row),
      tookOf(row),
    ]),
  )
}

const startedAt = ({ requestedAt }: RunRow) => dateAndTime(Date.parse(requestedAt))

const tookOf = ({ requestedAt, endedAt }: RunRow) => (endedAt === null ? '-' : duration(Date.parse(endedAt) - Date.parse(requestedAt)))
