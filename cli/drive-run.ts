import { actorText } from '../lib/domain/actor.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { Awaiting, Run, Trigger } from '../lib/domain/run.ts'
import { isEnded } from '../lib/domain/run.ts'
import type { Suite } from '../lib/domain/suite.ts'
import { type ApprovalWord, approveRun } from '../lib/engine/approve.ts'
import { drive } from '../lib/engine/drive.ts'
import { isAwaiting } from '../lib/engine/lease/awaiting.ts'
import { claimOf } from '../lib/engine/lease/claim.ts'
import { start } from '../lib/engine/start.ts'
import { clusterText } from '../lib/report/cluster-text.ts'
import type { RunRecord } from '../lib/report/document.ts'
import { recordOf } from '../lib/report/record.ts'
import { actorOn } from './actor.ts'
import { checkConfirmed, confirmedOrTyped, declinedBy, notAsked, takesAnother, waitingLines } from './approving.ts'
import type { ChosenCluster } from './clusters.ts'
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.ts'
import { Questions } from './questions.ts'
import { giveUpAfterMs, isAbandoned, reapAll, unfinishedRuns } from './reaping.ts'
import { recordFromMemory, writeReports } from './reports.ts'
import { createScreen, type Screen, type ScreenKind } from './screen.ts'
import type { Session } from './session.ts'
import { remains } from './view/remains.ts'
import type { RunState } from './view/run-state.ts'

/** A run as its driver left it. */
export interface DrivenRun {
  readonly state: RunState
  readonly record: RunRecord
  /** Reports that were written. */
  readonly reports: readonly string[]
  readonly code: ExitCode
  /** Set when the driver had to leave without a stored end: the store or the lease was lost, or it failed. */
  readonly lost: { readonly error: unknown } | null
}

/** What a run is started with. */
export interface RunOrder {
  readonly chosen: ChosenCluster
  readonly suite: Suite
  readonly seed: number
  /** Where reports are written beside those of the state directory. */
  readonly files: readonly string[]
}

/**
 * The cluster that the flags name, once what a dead driver left in the same place is undone.
 * @throws FaultlineError `refused` when interrupted meanwhile
 */
export async function chooseCluster(session: Session, namespace: string): Promise<ChosenCluster> {
  return prepared(session, namespace, () => session.composition.clusters.choose())
}

/** As `chooseCluster`, of a cluster that is found in another way. */
export async function prepared(session: Session, namespace: string, choose: () => Promise<ChosenCluster>): Promise<ChosenCluster> {
  const { interrupts } = session
  const chosen = await interrupts.orInterrupted(choose())
  if (chosen !== undefined) await reapBefore(session, chosen, namespace)
  if (chosen === undefined || interrupts.first.aborted) {
    throw new FaultlineError('refused', 'interrupted before the run began: nothing was touched')
  }
  return chosen
}

/** Starts the run, drives it to its end on a screen, and writes its reports. */
export async function driveNewRun(session: Session, order: RunOrder): Promise<DrivenRun> {
  const { flags, composition, say } = session
  checkConfirmed(flags.confirm, order.suite.namespace)
  const { run, created } = await startRun(session, order)
  if (!created) say(`run ${run.id} was started before with this id`)
  if (!created && !isEnded(run) && claimOf(run, composition.engine(run.cluster)) === 'held') {
    throw new FaultlineError(
      'refused',
      `run ${run.id} is ${run.status}, driven by ${run.lease?.owner}: see it with "faultline show ${run.id}"`,
    )
  }
  if (kindOf(session) === 'lines')
    say(`run ${run.id}: ${order.suite.name} on ${clusterText(run.cluster)}, namespace ${run.namespace}, seed ${run.seed}`)
  return driveOnScreen(session, { run, files: order.files })
}

/** Drives on what was just approved here, and asks again where it comes to that. */
export function driveApproved(session: Session, run: Run, files: readonly string[]): Promise<DrivenRun> {
  return driveOnScreen(session, { run, files })
}

function kindOf({ flags, terminal }: Session): ScreenKind {
  return flags.json === true ? (flags.verbose === true ? 'lines' : 'silent') : terminal.isLive ? 'live' : 'lines'
}

/** A dead run in the same place would refuse the start, and one on an embedded cluster that ended is only to be written off. */
async function reapBefore({ composition, say }: Session, { ref }: ChosenCluster, namespace: string): Promise<void> {
  const unfinished = await unfinishedRuns(composition)
  const dead = unfinished.filter((run) => {
    const samePlace = run.cluster.uid === ref.uid && run.namespace === namespace
    return (samePlace || (run.cluster.via.kind === 'sandbox' && run.cluster.uid !== ref.uid)) && isAbandoned(composition, run)
  })
  if (dead.length > 0) say(`reaping first what a dead driver left: ${dead.map((run) => run.id).join(', ')}`)
  const { errors } = await reapAll(composition, dead, say)
  for (const { runId, message } of errors) say(`run ${runId} could not be reaped: ${message}`)
}

async function startRun({ flags, composition }: Session, { chosen, suite, seed }: RunOrder) {
  const actor = await actorOn(chosen)
  const trigger: Trigger = { kind: 'manual', key: flags.id ?? crypto.randomUUID(), by: actorText(actor), actor }
  const scheduledAt = flags.id === undefined ? composition.clock.now() : null
  return start(composition.engine(chosen.ref), { suite, cluster: chosen.ref, seed, trigger, scheduledAt })
}

interface OnScreen {
  readonly run: Run
  readonly files: readonly string[]
}

async function driveOnScreen(session: Session, { run, files }: OnScreen): Promise<DrivenRun> {
  const { composition, interrupts, say, terminal } = session
  const { store, stateDir } = composition
  const questions = new Questions(terminal, false)
  const open = (of: Run) => createScreen({ terminal, run: of, clock: composition.clock, kind: kindOf(session), sayLine: say })
  let screen = open(run)
  interrupts.onFirst = () => screen.interrupted(1)
  interrupts.onSecond = () => {
    screen.interrupted(2)
    screen.say(leavingLines(screen, composition.clock.now()))
  }
  try {
    const engine = composition.engine(run.cluster, (progress) => screen.observe(progress))
    const driving = { interrupt: interrupts.first, giveUpAfterMs }
    let ended = await drive(engine, run.id, driving)
    while (isAwaiting(ended)) {
      screen.end()
      const answer = await answerTo(session, ended, questions)
      if (answer === 'waits') break
      const isApproved = 'plan' in answer
      if (isApproved) await approveRun(engine, ended.id, answer)
      screen = open(ended)
      ended = await drive(engine, run.id, isApproved ? driving : { ...driving, ...answer })
    }
    if (!isAwaiting(ended)) {
      screen.observe({ kind: 'injection', run: ended, injections: screen.state().injections })
      screen.end()
    }
    const record = await recordOf(store, ended)
    const reports = await writeReports(record, { stateDir, files, warn: say })
    return { state: screen.state(), record, reports, code: exitCodeOf(ended), lost: null }
  } catch (error) {
    screen.end()
    const state = screen.state()
    const record = recordFromMemory(state.run, state.injections)
    const reports = await writeReports(record, { stateDir, files, warn: say })
    return { state, record, reports, code: exitCodes.unproven, lost: { error } }
  }
}

/**
 * What comes of a run that waits: a person's word; `waits`, where it takes another person; or why it gets none. Without a terminal the flag
 * decides alone: no person would come to a process that waits in a pipe.
 */
async function answerTo(
  session: Session,
  run: Awaiting,
  questions: Questions,
): Promise<ApprovalWord | 'waits' | { readonly decline: string }> {
  const { flags, terminal, composition, interrupts, say } = session
  if (takesAnother(run, composition.engine(run.cluster).config.secondPerson)) return 'waits'
  if (flags.confirm === undefined && kindOf(session) !== 'live') return { decline: notAsked(run) }
  for (const line of waitingLines(run)) say(line)
  // Who sits here is who started it, or drives what he approved before.
  const who = await actorOn({ ref: run.cluster, cluster: await composition.engine(run.cluster).connect(run.cluster) })
  const why = await interrupts.orInterrupted(confirmedOrTyped(run, flags, { terminal, questions }))
  return why === null || why === undefined ? { decline: declinedBy(who) } : { who, why, plan: run.request.plan }
}

/** What the second Ctrl-C is warned of. */
function leavingLines(screen: Screen, now: number): readonly string[] {
  const rest = remains(screen.state().injections, now)
  const what =
    rest.length === 0
      ? ['Nothing is injected; the beacon and the lock of the run would stay until "faultline reap".']
      : ['If you leave now, this stays:', ...rest.map((text) => `- ${text}`)]
  return [...what, 'A third Ctrl-C leaves at once, with exit code 3. Waiting is better.']
}
