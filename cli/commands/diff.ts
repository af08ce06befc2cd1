import { columnsOf, startWithin } from '../../lib/report/columns.ts'
import { type Difference, differencesOf } from '../../lib/report/differences.ts'
import { type ReportDocument, reportDocument } from '../../lib/report/document.ts'
import { dateAndTime } from '../../lib/report/durations.ts'
import { recordOf } from '../../lib/report/record.ts'
import { verdictWords } from '../../lib/report/report-summary.ts'
import { table } from '../../lib/report/table.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { print, type Terminal } from '../terminal.ts'

export interface DiffFlags extends WorkFlags {
  /** Exits with 1 where something got worse. */
  readonly exitCode?: boolean
}

/** `faultline diff RUN RUN`: what the second found that the first did not; what got worse comes first. */
export function diff(first: string, second: string, flags: DiffFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store }) => {
    const documents: ReportDocument[] = []
    for (const wanted of [first, second])
      documents.push(reportDocument(await recordOf(store, await findRun(store, wanted, { terminal, json: flags.json }))))
    const [before, now] = documents as [ReportDocument, ReportDocument]
    const differences = differencesOf(before, now)
    if (flags.json === true) printJson(terminal, { before: before.run, now: now.run, differences })
    else for (const line of linesOf(before, now, differences)) print(terminal.out, line)
    return flags.exitCode === true && differences.some(({ change }) => change === 'worse') ? exitCodes.notSucceeded : exitCodes.succeeded
  })
}

function linesOf(before: ReportDocument, now: ReportDocument, differences: readonly Difference[]): readonly string[] {
  const heads = [before, now].map(({ run, verdict, requestedAt }, i) => [
    i === 0 ? 'before' : 'now',
    run,
    verdictWords(verdict),
    dateAndTime(Date.parse(requestedAt)),
  ])
  const rows = order
    .flatMap((change) => differences.filter((difference) => difference.change === change))
    .map(({ change, of, what, before: a, now: b }) => [words[change], of, what, a, b].map(inShort))
  return [
    ...table(heads[0] ?? [], heads.slice(1)),
    '',
    ...(rows.length === 0 ? ['nothing is different'] : table(['', 'of', 'what', 'before', 'now'], rows)),
  ]
}

/** What fits five columns of a wide terminal; the whole text is in the reports. */
const longest = 40

const inShort = (text: string) => (columnsOf(text) > longest ? `${startWithin(text, longest - 1)}…` : text)

const order = ['worse', 'better', 'other'] as const
const words = { worse: 'WORSE', better: 'better', other: '' } as const
