import { FaultlineError } from '../lib/domain/errors.ts'
import { reportDocument } from '../lib/report/document.ts'
import { printJson } from './command.ts'
import type { DrivenRun } from './drive-run.ts'
import { errorText } from './error-text.ts'
import type { Session } from './session.ts'
import { printPainted, printText } from './terminal.ts'
import { painter, wholeLine } from './view/paint.ts'
import { remains } from './view/remains.ts'
import { verdictLines } from './view/run-view.ts'

/** Widest text of a verdict: longer lines are not read. */
const widestText = 120

/** Where it is told, and by which clock. */
export interface Telling extends Pick<Session, 'terminal' | 'say'> {
  readonly composition: Pick<Session['composition'], 'clock'>
}

/** Says how the run was left: its verdict, or all that is known of it when there is none. */
export function tellRun(session: Telling, driven: DrivenRun): void {
  if (driven.lost === null) tellVerdict(session, driven)
  else tellLost(session, driven, driven.lost.error)
}

/** The one document of `--json`; `more` is added to it. */
export function printRunJson({ terminal, composition }: Telling, driven: DrivenRun, more: object = {}): void {
  const { state, record, reports, code: exitCode, lost } = driven
  if (lost === null) {
    const { history, ...document } = reportDocument(record)
    printJson(terminal, { ...document, ...more, exitCode, reports })
    return
  }
  const { run, injections, notes } = state
  const code = lost.error instanceof FaultlineError ? lost.error.code : 'unexpected'
  const message = errorText(lost.error)
  printJson(terminal, {
    error: { code, message, run: run.id, remains: remains(injections, composition.clock.now()), notes },
    ...more,
    exitCode,
    reports,
  })
}

function tellVerdict({ terminal, composition, say }: Telling, { state, record, reports }: DrivenRun): void {
  const final = { ...state, injections: record.injections }
  say('')
  for (const text of verdictLines(final, composition.clock.now(), Math.min(terminal.out.columns, widestText), painter(terminal.hasColour)))
    printPainted(terminal.out, text)
  for (const [i, report] of reports.entries()) say(`${i === 0 ? '  reports: ' : '           '}${report}`)
}

function tellLost({ terminal, composition, say }: Telling, { state }: DrivenRun, error: unknown): void {
  const { run, injections, notes } = state
  const stays = remains(injections, composition.clock.now())
  const takenOver = error instanceof FaultlineError && error.code === 'lease_lost'
  printPainted(
    terminal.out,
    wholeLine(painter(terminal.hasColour), ['bad', 'NOT PROVEN UNDONE'], `  the driver had to leave run ${run.id}:`),
  )
  for (const text of [errorText(error), ...notes]) say(`- ${text}`)
  if (stays.length > 0 && !takenOver)
    say('- it has tried to take back from memory what it had injected; that could not be recorded, so it is not proven')
  for (const text of stays) say(`- if it is still there: ${text}`)
  if (!(error instanceof FaultlineError)) printText(terminal.out, String(Object(error).stack ?? ''))
  say('Go on with: faultline reap')
}
