import { FaultlineError } from '../../lib/domain/errors.ts'
import type { ListedRun, Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import { counted } from '../../lib/domain/text.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { listOrphans, type Reaped, reapRuns, type Swept, sweepOrphans } from '../../lib/engine/reap.ts'
import type { ReapDocument } from '../../lib/remote/interface.ts'
import { type Answer, runLine } from './answers.ts'
import { giveUpAfterMs, type Invocation } from './compose.ts'
import { log } from './log.ts'

/** What one round of the reaper did, and what went wrong with it. */
interface Round {
  readonly reaped: readonly Run[]
  readonly alive: readonly Run[]
  readonly orphans: readonly string[]
  readonly inert: readonly string[]
  readonly errors: readonly { readonly runId: string | null; readonly message: string }[]
}

/** One round: ends what dead drivers left, then sweeps every configured cluster. One that does not answer concerns no other. */
async function playRound(invocation: Invocation): Promise<Round> {
  const { store, clock, clusters } = invocation
  const due = await store.runs.due(clock.now())
  const rounds = await Promise.all([true, false].map((kind) => reapKind(due, kind, invocation)))
  const swept = await Promise.all(clusters.names.map((name) => sweep(name, invocation)))
  await redeliverNotifications(invocation.engine({ simulated: false }), (line) => log('error', line))
  const failed = swept.flatMap((one) => one.failed).map((message) => ({ runId: null, message }))
  return {
    reaped: rounds.flatMap(({ runs }) => runs),
    alive: rounds.flatMap(({ alive }) => alive),
    orphans: swept.flatMap(({ removed }) => removed),
    inert: swept.flatMap(({ inert }) => inert),
    errors: [...rounds.flatMap(({ errors }) => errors), ...failed],
  }
}

/** The reaper's own round. @throws FaultlineError where not everything could be done, so that the alarm on errors is raised */
export async function reapAll(invocation: Invocation): Promise<Answer> {
  const { reaped, alive, orphans, inert, errors } = await playRound(invocation)
  failAloud(errors)
  return {
    happened: `${counted(reaped.length, 'run')} reaped, ${counted(orphans.length, 'orphan')} removed`,
    next: 'nothing',
    runs: reaped.map(runLine),
    alive: alive.map(runLine),
    orphans,
    inert,
  }
}

/** A round that a person asked for, who reads what went wrong. */
export async function reapOnce(invocation: Invocation): Promise<Answer> {
  const { reaped, alive, orphans, inert, errors } = await playRound(invocation)
  const unproven = reaped.filter((run) => !isEnded(run)).length
  const reap: ReapDocument = {
    reaped: reaped.map((run) => ({ run: run.id, verdict: run.status, reasons: isEnded(run) ? runReasonTexts(run) : [] })),
    alive: alive.map((run) => ({ run: run.id, state: run.status, driver: run.lease?.owner ?? null })),
    errors,
    orphans,
    inert,
  }
  return {
    happened: `${reaped.length} runs reaped, ${orphans.length} orphans removed`,
    next: unproven + errors.length === 0 ? 'nothing' : 'the reaper tries again each minute; "status" of a run says what it waits for',
    reap,
  }
}

/** A schedule throws the answer away: what went wrong is in the log, and raises the alarm on errors. */
function failAloud(errors: Round['errors']): void {
  for (const { runId, message } of errors) log('error', message, runId === null ? {} : { run: runId })
  const [first] = errors
  if (first === undefined) return
  const message = first.runId === null ? first.message : `run ${first.runId}: ${first.message}`
  throw new FaultlineError(
    'unavailable',
    `not everything could be reaped (${errors.length} failed; the next round comes in a minute): ${message}`,
  )
}

function reapKind(due: readonly ListedRun[], simulated: boolean, invocation: Invocation): Promise<Reaped> {
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
