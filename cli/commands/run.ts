import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { drive } from '../../lib/engine/drive.ts'
import { claimOf } from '../../lib/engine/lease/claim.ts'
import { start } from '../../lib/engine/start.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { recordOf } from '../../lib/report/record.ts'
import type { ChosenCluster } from '../clusters.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import type { Composition } from '../compose.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { personName } from '../owner.ts'
import { giveUpAfterMs, isAbandoned, reapAll, unfinishedRuns } from '../reaping.ts'
import { recordFromMemory, writeReports } from '../reports.ts'
import { createScreen, type Screen } from '../screen.ts'
import { readSuite, type SuiteFlags, type SuiteSource, seedOf, withSuiteFlags } from '../suite-file.ts'
import { printPainted, printText, type Terminal } from '../terminal.ts'
import { painter, wholeLine } from '../view/paint.ts'
import { remains } from '../view/remains.ts'
import { verdictLines } from '../view/run-view.ts'

export interface RunFlags extends WorkFlags, SuiteFlags {
  readonly id?: string
  readonly report?: readonly string[]
}

interface Session {
  readonly flags: RunFlags
  readonly terminal: Terminal
  readonly composition: Composition
  readonly interrupts: Interrupts
  readonly say: (line: string) => void
}

/** `faultline run SUITE`: starts the run and drives it to its end. */
export async function runSuite(file: string, flags: RunFlags, terminal: Terminal): Promise<ExitCode> {
  return runParsed(await readSuite(file, terminal), flags, terminal)
}

/** As `runSuite`, of a suite that was read already. */
export async function runParsed(source: SuiteSource, flags: RunFlags, terminal: Terminal): Promise<ExitCode> {
  const { suite, warnings } = withSuiteFlags(source, flags)
  const say = sayer(flags, terminal)
  for (const warning of warnings) say(`warning: ${warning}`)
  const interrupts = new Interrupts(terminal)
  const left = interrupts.third.then(() => exitCodes.unproven)
  try {
    return await Promise.race([
      withComposition(flags, terminal, (composition) => go({ flags, terminal, composition, interrupts, say }, suite)),
      left,
    ])
  } finally {
    interrupts.dispose()
  }
}

async function go(session: Session, suite: Suite): Promise<ExitCode> {
  const { flags, terminal, composition, interrupts, say } = session
  const chosen = await interrupts.orInterrupted(composition.clusters.choose())
  if (chosen !== undefined) await reapBefore(session, chosen, suite.namespace)
  if (chosen === undefined || interrupts.first.aborted) {
    throw new FaultlineError('refused', 'interrupted before the run began: nothing was touched')
  }
  const { run, created } = await startRun(session, chosen, suite)
  if (!created) say(`run ${run.id} was started before with this id`)
  if (!created && !isEnded(run) && claimOf(run, composition.engine(run.cluster)) === 'held') {
    throw new FaultlineError(
      'refused',
      `run ${run.id} is ${run.status}, driven by ${run.lease?.owner}: see it with "faultline show ${run.id}"`,
    )
  }
  const kind = flags.json === true ? (flags.verbose === true ? 'lines' : 'silent') : terminal.isLive ? 'live' : 'lines'
  if (kind === 'lines') say(`run ${run.id}: ${suite.name} on ${clusterText(run.cluster)}, namespace ${run.namespace}, seed ${run.seed}`)
  const screen = createScreen({ terminal, run, clock: composition.clock, kind, sayLine: say })
  return driveOnScreen(session, run, screen)
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

function startRun(
  { flags, composition }: Session,
  { ref }: ChosenCluster,
  suite: Suite,
): Promise<{ readonly run: Run; readonly created: boolean }> {
  const key = flags.id ?? crypto.randomUUID()
  return start(composition.engine(ref), {
    suite,
    cluster: ref,
    seed: seedOf(flags),
    trigger: { kind: 'manual', key, by: personName() },
    scheduledAt: flags.id === undefined ? composition.clock.now() : null,
  })
}

async function driveOnScreen(session: Session, run: Run, screen: Screen): Promise<ExitCode> {
  const { composition, interrupts } = session
  interrupts.onFirst = () => screen.interrupted(1)
  interrupts.onSecond = () => {
    screen.interrupted(2)
    screen.say(leavingLines(screen, composition.clock.now()))
  }
  try {
    const engine = composition.engine(run.cluster, (progress) => screen.observe(progress))
    const ended = await drive(engine, run.id, { interrupt: interrupts.first, giveUpAfterMs })
    screen.observe({ kind: 'injection', run: ended, injections: screen.state().injections })
    screen.end()
    return await conclude(session, screen)
  } catch (error) {
    screen.end()
    return lost(session, screen, error)
  }
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

async function conclude({ flags, terminal, composition, say }: Session, screen: Screen): Promise<ExitCode> {
  const state = screen.state()
  const record = await recordOf(composition.store, state.run)
  const reports = await writeReports(record, { stateDir: composition.stateDir, files: flags.report ?? [], warn: say })
  const code = exitCodeOf(state.run)
  if (flags.json === true) {
    const { history, ...document } = reportDocument(record)
    printJson(terminal, { ...document, exitCode: code, reports })
    return code
  }
  const final = { ...state, injections: record.injections }
  say('')
  for (const text of verdictLines(final, composition.clock.now(), Math.min(terminal.out.columns, 120), painter(terminal.hasColour)))
    printPainted(terminal.out, text)
  for (const [i, report] of reports.entries()) say(`${i === 0 ? '  reports: ' : '           '}${report}`)
  return code
}

/** The driver had to leave without a stored end: the store or the lease was lost, or it failed. Told with all that is known. */
async function lost({ flags, terminal, composition, say }: Session, screen: Screen, error: unknown): Promise<ExitCode> {
  const { run, injections, notes } = screen.state()
  const exitCode = exitCodes.unproven
  const message = errorText(error)
  const stays = remains(injections, composition.clock.now())
  const options = { stateDir: composition.stateDir, files: flags.report ?? [], warn: say }
  const reports = await writeReports(recordFromMemory(run, injections), options)
  if (flags.json === true) {
    const code = error instanceof FaultlineError ? error.code : 'unexpected'
    printJson(terminal, { error: { code, message, run: run.id, remains: stays, notes }, exitCode, reports })
    return exitCode
  }
  const takenOver = error instanceof FaultlineError && error.code === 'lease_lost'
  printPainted(
    terminal.out,
    wholeLine(painter(terminal.hasColour), ['bad', 'NOT PROVEN UNDONE'], `  the driver had to leave run ${run.id}:`),
  )
  for (const text of [message, ...notes]) say(`- ${text}`)
  if (stays.length > 0 && !takenOver)
    say('- it has tried to take back from memory what it had injected; that could not be recorded, so it is not proven')
  for (const text of stays) say(`- if it is still there: ${text}`)
  if (!(error instanceof FaultlineError)) printText(terminal.out, String(Object(error).stack ?? ''))
  say('Go on with: faultline reap')
  return exitCode
}
