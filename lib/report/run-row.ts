import type { ListedRun, Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'

/** One run in a list: of `faultline runs`, and of an installation's `runs`. */
export interface RunRow {
  readonly run: string
  readonly state: Run['status']
  /** It is not over, and has no driver any more. */
  readonly driverLost: boolean
  readonly suite: string
  readonly namespace: string
  readonly cluster: { readonly uid: string; readonly name: string; readonly simulated: boolean }
  readonly requestedAt: string
  readonly endedAt: string | null
}

/** The run as a list has it. */
export function runRow(run: ListedRun, driverLost: boolean): RunRow {
  const { uid, name, simulated } = run.cluster
  return {
    run: run.id,
    state: run.status,
    driverLost,
    suite: run.suite.name,
    namespace: run.namespace,
    cluster: { uid, name, simulated },
    requestedAt: new Date(run.requestedAt).toISOString(),
    endedAt: isEnded(run) ? new Date(run.endedAt).toISOString() : null,
  }
}
