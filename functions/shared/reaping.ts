import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { listOrphans, type Reaped, reapRuns, type Swept, sweepOrphans } from '../../lib/engine/reap.ts'
import { type Answer, runLine } from './answers.ts'
import { giveUpAfterMs, type Invocation } from './compose.ts'
import { log } from './log.ts'

/** One round of the reaper: ends what dead drivers left, then sweeps every configured cluster. One that does not answer concerns no other. */
export async function reapAll(invocation: Invocation): Promise<Answer> {
  const { store, clock, clusters } = invocation
  const due = await store.runs.due(clock.now())
  const [simulated, real] = await Promise.all([true, false].map((kind) => reapKind(due, kind, invocation)))
  const swept = await Promise.all(clusters.names.map((name) => sweep(name, invocation)))
  const rounds = [simulated, real].filter((round) => round !== undefined)
  const errors = [...rounds.flatMap((round) => round.errors), ...swept.flatMap(({ failed }) => failed)]
  const runs = rounds.flatMap((round) => round.runs.map(runLine))
  await redeliverNotifications(invocation.engine({ simulated: false }), (line) => log('error', line))
  const orphans = swept.flatMap(({ removed }) => removed)
  failAloud(errors)
  return {
    happened: `${runs.length} runs reaped, ${orphans.length} orphans removed`,
    next: 'nothing',
    runs,
    alive: rounds.flatMap((round) => round.alive.map(runLine)),
    orphans,
    inert: swept.flatMap(({ inert }) => inert),
  }
}

/** A schedule throws the answer away: what went wrong is in the log, and raises the alarm on errors. */
function failAloud(errors: readonly (string | Reaped['errors'][number])[]): void {
  for (const error of errors)
    log('error', typeof error === 'string' ? error : error.message, typeof error === 'string' ? {} : { run: error.runId })
  const [first] = errors
  if (first === undefined) return
  const message = typeof first === 'string' ? first : `run ${first.runId}: ${first.message}`
  throw new FaultlineError(
    'unavailable',
    `not everything could be reaped (${errors.length} failed; the next round comes in a minute): ${message}`,
  )
}

function reapKind(due: readonly Run[], simulated: boolean, invocation: Invocation): Promise<Reaped> {
  const runs = due.filter((run) => run.cluster.simulated === simulated)
  return reapRuns(invocation.engine({ simulated }), runs, { budget: invocation.budget, giveUpAfterMs })
}

/** Sweeps one cluster of the configuration; one that does not answer is told among what failed. With `dryRun` nothing is taken away. */
export async function sweep(
  name: string,
  invocation: Pick<Invocation, 'clusters' | 'engine'>,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<Swept> {
  const nothing = { removed: [], inert: [], failed: [] }
  try {
    const { ref, cluster } = await invocation.clusters.reach(name)
    const engine = invocation.engine(ref)
    return dryRun ? { ...nothing, found: await listOrphans(engine, cluster) } : await sweepOrphans(engine, cluster)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...nothing, found: [], failed: [`cluster ${name} was not swept: ${why}`] }
  }
}
