import type { RunRecord } from './document.ts'
import { reportDocument } from './document.ts'
import { htmlReport } from './html/page.ts'
import { journal } from './journal.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { textReport } from './text.ts'

interface Format {
  /** What a file of this format ends in. */
  readonly extension: string
  readonly contentType: string
  readonly render: (record: RunRecord) => string
}

/** Every format a report can have, by the name that `--format` takes. */
export const formats = {
  text: { extension: '.txt', contentType: 'text/plain; charset=utf-8', render: textReport },
  json: { extension: '.json', contentType: 'application/json', render: (record) => json(reportDocument(record)) },
  html: { extension: '.html', contentType: 'text/html; charset=utf-8', render: (record) => htmlReport(reportDocument(record)) },
  junit: { extension: '.xml', contentType: 'application/xml', render: (record) => junitReport(reportDocument(record)) },
  markdown: { extension: '.md', contentType: 'text/markdown; charset=utf-8', render: (record) => markdownReport(reportDocument(record)) },
  journal: { extension: '.journal.json', contentType: 'application/json', render: (record) => json(journal(reportDocument(record))) },
} as const satisfies Record<string, Format>

export type FormatName = keyof typeof formats

export const formatNames = Object.keys(formats) as FormatName[]

/** The format that a file's name asks for by its end; undefined when it asks for none. */
export function formatOfFile(name: string): FormatName | undefined {
  const fitting = formatNames.filter((format) => name.endsWith(formats[format].extension))
  return fitting.sort((a, b) => formats[b].extension.length - formats[a].extension.length)[0]
}

function json(document: object): string {
  return `${JSON.stringify(document, null, 2)}\n`
}
