import { type Difference, differencesOf } from '../../../lib/report/differences.ts'
import type { ReportDocument } from '../../../lib/report/document.ts'
import { dateAndTimeInWords } from '../../../lib/report/durations.ts'
import { badge } from '../../../lib/report/html/badge.ts'
import { rowHead, stackTable } from '../../../lib/report/html/tables.ts'
import { type Content, type Markup, markup } from '../../../lib/report/markup.ts'
import { runLink } from './runs.ts'

const groups = [
  ['worse', 'What got worse'],
  ['better', 'What got better'],
  ['other', 'What is different'],
] as const

/** What the second of two runs found that the first did not; what got worse comes first. */
export function diffBody(before: ReportDocument, now: ReportDocument): Content {
  const differences = differencesOf(before, now)
  return markup`<h1>Two runs</h1>
<dl class="pair">${side('Before', before)}${side('Now', now)}</dl>
${
  differences.length === 0
    ? markup`<p class="quiet">Nothing is different.</p>`
    : groups.map(([change, title]) =>
        group(
          title,
          differences.filter((one) => one.change === change),
        ),
      )
}`
}

function side(name: string, { run, verdict, suite, requestedAt }: ReportDocument): Markup {
  return markup`<div><dt>${name}</dt><dd>${badge(verdict)} ${runLink(run, suite.name)}<br>${dateAndTimeInWords(Date.parse(requestedAt))}</dd></div>`
}

function group(title: string, some: readonly Difference[]): Markup | null {
  if (some.length === 0) return null
  const rows = some.map(({ of, what, before, now }) => [rowHead(of), what, before, now])
  return markup`<section><h2>${title}</h2>${stackTable(title, ['of', 'what', 'before', 'now'], rows)}</section>`
}
