import { printableText } from '../domain/text.ts'
import type { RunRecord } from './document.ts'
import { reportDocument } from './document.ts'
import type { FormatName } from './format-names.ts'
import { htmlReport } from './html/page.ts'
import { journal } from './journal.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { textReport } from './text.ts'

const renderers = {
  text: textReport,
  json: (record) => json(reportDocument(record)),
  html: (record) => htmlReport(reportDocument(record)),
  junit: (record) => junitReport(reportDocument(record)),
  markdown: (record) => markdownReport(reportDocument(record)),
  journal: (record) => json(journal(reportDocument(record))),
} as const satisfies Record<FormatName, (record: RunRecord) => string>

/** Makes a report in the format. Import this only where one is made: a command should not wait for it before it begins. */
export function renderReport(format: FormatName, record: RunRecord): string {
  return renderers[format](record)
}

function json(document: object): string {
  return `${printableText(JSON.stringify(document, null, 2))}\n`
}
