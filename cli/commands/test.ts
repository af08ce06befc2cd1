import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { judgeTests, type TestsVerdict } from '../../lib/domain/tests.ts'
import { workloadPods } from '../../lib/engine/acts/admit.ts'
import { formatOfFile } from '../../lib/report/format-names.ts'
import { type TestedStep, type TestsRecord, testsDocument, testsReport } from '../../lib/report/tests/document.ts'
import { inTurn } from '../../lib/report/tests/in-turn.ts'
import { renderTests, testsFormats, testsLines } from '../../lib/report/tests/render.ts'
import { testsSentence } from '../../lib/report/tests/summary.ts'
import { type PlannedTest, withPause } from '../../lib/suite/planned-tests.ts'
import type { ChosenCluster } from '../clusters.ts'
import { printJson } from '../command.ts'
import { chooseCluster, type DrivenRun, driveNewRun } from '../drive-run.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type TestFlags, testsOfFlags } from '../planned-tests.ts'
import { shortPath } from '../reports.ts'
import { type Session, withSession } from '../session.ts'
import { seedOf } from '../suite-file.ts'
import { tellRun } from '../tell-run.ts'
import { printPainted, type Terminal } from '../terminal.ts'
import { painter, wrapped } from '../view/paint.ts'

/** `faultline test FAMILY`: every fault of it, each a run of its own, with one verdict and one report. */
export async function testFamily(asked: string, flags: TestFlags, terminal: Terminal): Promise<ExitCode> {
  const files = (flags.report ?? []).map((file) => ({ file, format: formatFor(file) }))
  const tests = await testsOfFlags(asked, flags, terminal)
  return withSession(flags, terminal, async (session) => {
    const { composition } = session
    const startedAt = composition.clock.now()
    const [first] = tests
    if (first === undefined) throw new TypeError(`${asked} has no tests`)
    const { namespace } = first
    const chosen = await chooseCluster(session, namespace)
    const tried = await runAll(session, { tests, chosen, flags })
    const judging = { maySkip: flags.allowSkips === true || !isCi(terminal), isInterrupted: session.interrupts.first.aborted }
    const verdict = judgeTests(
      tried.map(({ result }) => result),
      judging,
    )
    const { name, simulated } = chosen.ref
    const record = { asked, verdict, startedAt, endedAt: composition.clock.now(), cluster: { name, simulated }, namespace, tests: tried }
    const reports = await writeAll(session, files, record)
    return tell(session, record, reports)
  })
}

type TestsFormat = (typeof testsFormats)[number]

function formatFor(file: string): TestsFormat {
  const wanted = formatOfFile(file)
  const format = testsFormats.find((one) => one === wanted)
  if (format !== undefined) return format
  throw new FaultlineError(
    'bad_input',
    `--report ${file}: a journal holds one experiment, and these are several runs: "faultline report RUN --format journal" writes one of each`,
  )
}

/** As for the live view: any value but an empty one. */
function isCi({ env }: Terminal): boolean {
  return (env.CI ?? '') !== ''
}

interface Order {
  readonly tests: readonly PlannedTest[]
  readonly chosen: ChosenCluster
  readonly flags: TestFlags
}

function runAll(session: Session, { tests, chosen, flags }: Order): Promise<readonly TestedStep[]> {
  const { interrupts, say } = session
  const seed = seedOf(flags)
  return inTurn(tests, {
    isInterrupted: () => interrupts.first.aborted,
    runOne: async (test, i) => {
      if (i > 0) say('')
      say(`[${i + 1}/${tests.length}] ${test.family}: ${test.names.join(', ')}`)
      const driven = await runOne(session, { test, chosen, seed, pauseMs: i === tests.length - 1 ? 0 : flags.pause * 1000 })
      return { run: driven.state.run, record: driven.record, isLost: driven.lost !== null }
    },
  })
}

async function runOne(
  session: Session,
  order: { readonly test: PlannedTest; readonly chosen: ChosenCluster; readonly seed: number; readonly pauseMs: number },
): Promise<DrivenRun> {
  const { test, chosen, seed, pauseMs } = order
  const suite = await test.suite((of) => workloadPods({ cluster: chosen.cluster, namespace: of.namespace }, of))
  const driven = await driveNewRun(session, { chosen, suite: withPause(suite, pauseMs), seed, files: [] })
  if (session.flags.json !== true) tellRun(session, driven)
  return driven
}

async function writeAll(
  { say }: Session,
  files: readonly { readonly file: string; readonly format: TestsFormat }[],
  record: TestsRecord,
): Promise<readonly string[]> {
  const written: string[] = []
  for (const { file, format } of files) {
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, renderTests(format, record))
      written.push(shortPath(file))
    } catch (error) {
      say(`report ${file} could not be written: ${errorText(error)}`)
    }
  }
  return written
}

const exitCodesOf: Readonly<Record<TestsVerdict, ExitCode>> = {
  succeeded: exitCodes.succeeded,
  failed: exitCodes.notSucceeded,
  aborted: exitCodes.notSucceeded,
  skipped: exitCodes.notSucceeded,
  refused: exitCodes.refused,
  unproven: exitCodes.unproven,
}

/** Widest text of the verdict and of reasons; the tables are as wide as they are. */
const widestText = 120

function tell({ flags, terminal, say }: Session, record: TestsRecord, reports: readonly string[]): ExitCode {
  const document = testsDocument(record)
  const { verdict } = document
  const exitCode = exitCodesOf[verdict]
  if (flags.json === true) {
    printJson(terminal, { ...testsReport(record), exitCode, reports })
    return exitCode
  }
  const width = Math.min(terminal.out.columns, widestText)
  const paint = painter(terminal.hasColour)
  say('')
  for (const text of testsLines(document)) say(text)
  say('')
  const tone = verdict === 'succeeded' ? 'good' : verdict === 'aborted' || verdict === 'skipped' ? 'warn' : 'bad'
  for (const [i, text] of wrapped(`${verdict.toUpperCase()}  ${testsSentence(document)}`, width, '').entries())
    printPainted(terminal.out, paint(tone, i === 0 ? text : `  ${text}`))
  for (const [i, report] of reports.entries()) say(`${i === 0 ? '  reports: ' : '           '}${report}`)
  return exitCode
}
