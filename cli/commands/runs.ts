import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { dateAndTime, duration } from '../../lib/report/durations.ts'
import { table } from '../../lib/report/table.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { isAbandoned } from '../reaping.ts'
import { print, type Terminal } from '../terminal.ts'

export interface RunsFlags extends WorkFlags {
  readonly suite?: string
  readonly limit: number
}

/** `faultline runs`: the newest runs of this state directory. */
export function listRuns(flags: RunsFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const { store } = composition
    const isLost = (run: Run) => !isEnded(run) && isAbandoned(composition, run)
    const runs = await store.runs.list({ limit: flags.limit, ...(flags.suite === undefined ? {} : { suite: flags.suite }) })
    if (flags.json === true) printJson(terminal, { runs: runs.map((run) => asJson(run, isLost(run))) })
    else if (runs.length === 0) print(terminal.out, `no runs yet in ${flags.state}`)
    else
      for (const row of table(
        ['run', 'state', 'suite', 'namespace', 'cluster', 'started', 'took'],
        runs.map((run) => rowOf(run, isLost(run))),
      ))
        print(terminal.out, row)
    return exitCodes.succeeded
  })
}

/** `lost`: it has no driver any more, and is not over. */
function rowOf(run: Run, lost: boolean): readonly string[] {
  const took = isEnded(run) ? duration(run.endedAt - run.requestedAt) : '-'
  const cluster = clusterText(run.cluster)
  return [
    run.id,
    lost ? `${run.status} (driver lost: reap it)` : run.status,
    run.suite.name,
    run.namespace,
    cluster,
    dateAndTime(run.requestedAt),
    took,
  ]
}

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
