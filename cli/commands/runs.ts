import { isEnded, type Run } from '../../lib/domain/run.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { columnsOf } from '../../lib/report/columns.ts'
import { dateAndTime, duration } from '../../lib/report/durations.ts'
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
    const isLost = (run: Run) => !isEnded(run) && isAbandoned(composition, run)
    const runs = await store.runs.list({ limit: flags.limit, ...(flags.suite === undefined ? {} : { suite: flags.suite }) })
    if (flags.json === true) printJson(terminal, { runs: runs.map((run) => asJson(run, isLost(run))) })
    else if (runs.length === 0) print(terminal.out, `no runs yet in ${flags.state}`)
    else for (const row of flags.wide === true ? wideTable(runs, isLost) : narrowTable(runs, isLost)) print(terminal.out, row)
    return exitCodes.succeeded
  })
}

/** What fits a terminal of 80 columns: the namespace only where there is room for it. */
function narrowTable(runs: readonly Run[], isLost: (run: Run) => boolean): readonly string[] {
  const ids = shortIds(runs.map(({ id }) => id))
  const cells = (run: Run, i: number) => [
    ids[i] ?? run.id,
    isLost(run) ? `${run.status}, lost` : run.status,
    dateAndTime(run.requestedAt).slice(5, 16).replace('T', ' '),
    tookOf(run),
    run.namespace,
  ]
  const all = table(['run', 'state', 'started', 'took', 'namespace'], runs.map(cells))
  const fitting = all.every((row) => columnsOf(row) <= narrow)
    ? all
    : table(
        ['run', 'state', 'started', 'took'],
        runs.map((run, i) => cells(run, i).slice(0, -1)),
      )
  const [simulated, lost] = [runs.some(({ cluster }) => cluster.simulated), runs.some(isLost)]
  return [
    ...fitting,
    ...(simulated ? [`${runs.every(({ cluster }) => cluster.simulated) ? 'all' : 'some'} on a simulated cluster (--wide says which)`] : []),
    ...(lost ? ['lost: it has no driver any more; "faultline reap" ends it'] : []),
  ]
}

const narrow = 80

function wideTable(runs: readonly Run[], isLost: (run: Run) => boolean): readonly string[] {
  return table(
    ['run', 'state', 'suite', 'namespace', 'cluster', 'started', 'took'],
    runs.map((run) => [
      run.id,
      isLost(run) ? `${run.status} (driver lost: reap it)` : run.status,
      run.suite.name,
      run.namespace,
      clusterText(run.cluster),
      dateAndTime(run.requestedAt),
      tookOf(run),
    ]),
  )
}

const tookOf = (run: Run) => (isEnded(run) ? duration(run.endedAt - run.requestedAt) : '-')

function asJson(run: Run, driverLost: boolean): object {
  const { id, status, namespace, cluster, requestedAt } = run
  const endedAt = isEnded(run) ? new Date(run.endedAt).toISOString() : null
  const { uid, name, simulated } = cluster
  return {
    run: id,
    state: status,
    driverLost,
    suite: run.suite.name,
    namespace,
    cluster: { uid, name, simulated },
    requestedAt: new Date(requestedAt).toISOString(),
    endedAt,
  }
}
