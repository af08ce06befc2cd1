import { isEnded, type Run } from '../../../lib/domain/run.ts'
import { clusterText } from '../../../lib/report/cluster-text.ts'
import { dateAndTimeInWords, duration, lateness } from '../../../lib/report/durations.ts'
import { badge } from '../../../lib/report/html/badge.ts'
import { stackTable } from '../../../lib/report/html/tables.ts'
import { type Content, type Markup, markup } from '../../../lib/report/markup.ts'
import { scoreText } from '../../../lib/report/report-summary.ts'
import { runFigures } from '../../../lib/report/run-figures.ts'

const length = (ms: number | null) => (ms === null ? '–' : duration(ms))

const columns = ['run', 'verdict', 'when', 'where', 'score', 'steps', 'detect', 'recover', 'undo after its end']

/** Runs in figures, each with the way to its report. */
export function runsTable(runs: readonly Run[], label: string): Markup {
  if (runs.length === 0) return markup`<p class="quiet">No run is over yet.</p>`
  return stackTable(label, columns, runs.map(row))
}

export const runLink = (id: string, name: string) => markup`<a href="/runs/${encodeURIComponent(id)}">${name}</a>`

function row(run: Run): readonly Content[] {
  const figures = runFigures(run)
  return [
    markup`<th scope="row">${runLink(run.id, figures.suite)}<small>${run.id}</small></th>`,
    badge(run.status),
    dateAndTimeInWords(run.requestedAt),
    `${clusterText(run.cluster)}, ${run.namespace}`,
    figures.score === null ? '–' : scoreText(figures.score),
    `${figures.succeeded} of ${figures.all}`,
    length(figures.detectMs),
    length(figures.recoveryMs),
    figures.undoneAfterMs === null ? '–' : lateness(figures.undoneAfterMs),
  ]
}

/** What ran, and a form to compare two of them. */
export function runsBody(runs: readonly Run[]): Content {
  const ended = runs.filter(isEnded)
  const options = (chosen: number) =>
    ended.map(
      ({ id, suite, requestedAt }, i) =>
        markup`<option value="${id}" ${i === chosen ? markup`selected` : null}>${dateAndTimeInWords(requestedAt)} ${suite.name}</option>`,
    )
  return markup`<h1>What ran</h1>
${
  ended.length < 2
    ? null
    : markup`<form class="compare" action="/diff"><label>Before <select name="before">${options(1)}</select></label> <label>Now <select name="now">${options(0)}</select></label> <button type="submit">What is different?</button></form>`
}
${runsTable(runs, 'Runs, newest first')}`
}
