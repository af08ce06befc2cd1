import { printableText } from '../../domain/text.ts'
import { clusterText } from '../cluster-text.ts'
import type { FormatName } from '../format-names.ts'
import { markdownList, markdownTable, plain } from '../markdown.ts'
import { table } from '../table.ts'
import { textReport } from '../text.ts'
import { runsOf, type TestsDocument, type TestsRecord, testsDocument, testsReport } from './document.ts'
import { testsHtml } from './html.ts'
import { testsJunit } from './junit.ts'
import { familyColumns, familyRows, testColumns, testReasons, testRow, testsSentence } from './summary.ts'

const renderers = {
  text: testsText,
  json: (record) => json(testsReport(record)),
  html: testsHtml,
  junit: testsJunit,
  markdown: testsMarkdown,
} as const satisfies Partial<Record<FormatName, (record: TestsRecord) => string>>

/** Formats that a report of several runs can have; a Chaos Toolkit journal is of one experiment. */
export const testsFormats = Object.keys(renderers) as (keyof typeof renderers)[]

/** Makes the report of tests in the format. */
export function renderTests(format: (typeof testsFormats)[number], record: TestsRecord): string {
  return renderers[format](record)
}

/** Two tables, why what did not pass did not, and the verdict: what stands at the end of the command, too. */
export function testsLines(document: TestsDocument): readonly string[] {
  return [
    ...table(testColumns, document.tests.map(testRow)),
    '',
    ...table(familyColumns, familyRows(document)),
    ...testReasons(document).flatMap((reason, i) => [...(i === 0 ? [''] : []), `- ${reason}`]),
  ]
}

function testsText(record: TestsRecord): string {
  const document = testsDocument(record)
  const lines = [
    `Faultline tests (${document.asked}): ${document.verdict.toUpperCase()}, ${testsSentence(document)}`,
    '',
    `Cluster    ${clusterText(document.cluster)}`,
    `Namespace  ${document.namespace}`,
    `Started    ${document.startedAt}`,
    '',
    ...testsLines(document),
  ]
  const reports = runsOf(record).map((run) => `\n${'-'.repeat(80)}\n${textReport(run)}`)
  return printableText(`${[...lines, ...reports].join('\n')}\n`)
}

function testsMarkdown(record: TestsRecord): string {
  const document = testsDocument(record)
  return `${[
    `# Tests (${plain(document.asked)}): ${document.verdict}`,
    '',
    plain(testsSentence(document)),
    '',
    ...markdownTable(testColumns, document.tests.map(testRow)),
    '',
    ...markdownTable(familyColumns, familyRows(document)),
    ...markdownList(testReasons(document)),
  ].join('\n')}\n`
}

function json(document: object): string {
  return `${printableText(JSON.stringify(document, null, 2))}\n`
}
