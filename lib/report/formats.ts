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
  junit: (record, page) => junitReport(reportDocument(record), page),
  markdown: (record) => markdownReport(reportDocument(record)),
  journal: (record) => json(journal(reportDocument(record))),
} as const satisfies Record<FormatName, (record: RunRecord, page: string | null) => string>

/** Makes a report in the format; `page`: where its HTML page is, for a format that can lead there. Import this only where one is made: a command should not wait for it before it begins. */
export function renderReport(format: FormatName, record: RunRecord, page: string | null = null): string {
  return renderers[format](record, page)
}

function json(document: object): string {
  return `${printableText(JSON.stringify(document, null, 2))}\n`
}
