import type { Run } from '../../../lib/domain/run.ts'
import { clusterText } from '../../../lib/report/cluster-text.ts'
import { dateAndTimeInWords, duration, lateness } from '../../../lib/report/durations.ts'
import type { ChartData, ChartProbe } from '../../../lib/report/html/chart-data.ts'
import { plot } from '../../../lib/report/html/pictures.ts'
import { type Content, type Markup, markup } from '../../../lib/report/markup.ts'
import { scoreText, verdictWords } from '../../../lib/report/report-summary.ts'
import type { RunFigures } from '../../../lib/report/run-figures.ts'
import { type Trend, trendsOf } from '../../../lib/report/trend.ts'
import { runsTable } from './runs.ts'

const figures = [
  { key: 'score', name: 'Resilience score', unit: '', say: scoreText, per: 1, top: 100 },
  { key: 'detectMs', name: 'Time to detect', unit: 's', say: duration, per: 1000, top: 0 },
  { key: 'recoveryMs', name: 'Time to recover', unit: 's', say: duration, per: 1000, top: 0 },
  { key: 'undoneAfterMs', name: 'Undo after its planned end', unit: 's', say: lateness, per: 1000, top: 0 },
] as const

interface Page {
  readonly body: Content
  /** What the charts draw, by the id of the element that they stand in. */
  readonly charts: Readonly<Record<string, ChartData>>
}

/** Whether it is getting better: each suite at each place, over its runs. */
export function trendsPage(runs: readonly Run[]): Page {
  const suites = [...new Set(runs.map(({ suite }) => suite.name))]
  const trends = suites.flatMap((suite) => trendsOf(runs.filter((run) => run.suite.name === suite)).map((trend) => ({ suite, trend })))
  const sections = trends.map(({ suite, trend }, i) => section(`trend-${i + 1}`, suite, trend, runs))
  return {
    body: markup`<h1>Is it getting better?</h1>${sections.length === 0 ? markup`<p class="quiet">No run is over yet.</p>` : sections}`,
    charts: Object.fromEntries(trends.map(({ trend }, i) => [`trend-${i + 1}`, trendCharts(trend)])),
  }
}

function section(id: string, suite: string, trend: Trend, runs: readonly Run[]): Markup {
  const ids = new Set(trend.runs.map(({ run }) => run))
  const charts = figures.map(
    ({ name, unit }) =>
      markup`<figure class="picture"><figcaption class="chart-head"><h3>${name}${unit === '' ? '' : `, ${unit}`}</h3><output aria-live="off"></output></figcaption>${plot(`probe ${name}`, `${name} of ${suite}`)}</figure>`,
  )
  return markup`<section data-charts="${id}"><h2>${suite}</h2><p class="note">${clusterText(trend.cluster)}, namespace ${trend.namespace}. A cross is a run that did not succeed.</p>
<div class="pair">${charts}</div>
<details><summary>${trend.runs.length === 1 ? '1 run' : `${trend.runs.length} runs`} as a table</summary>${runsTable(
    runs.filter(({ id: run }) => ids.has(run)),
    `Runs of ${suite}`,
  )}</details></section>`
}

const day = 86_400_000

function trendCharts({ runs }: Trend): ChartData {
  const from = (runs[0]?.requestedAt ?? 0) - day / 24
  const to = (runs.at(-1)?.requestedAt ?? 0) + day / 24
  return { from, to, abortedAt: null, steps: [], probes: figures.map((figure) => series(figure, runs, from)) }
}

function series({ key, name, unit, say, per, top }: (typeof figures)[number], runs: readonly RunFigures[], from: number): ChartProbe {
  const known = runs.flatMap((run) => (run[key] === null ? [] : [{ run, value: run[key] }]))
  return {
    name,
    unit,
    allowed: '',
    // Runs may be months apart, and are one line all the same.
    intervalMs: 1000 * day,
    draws: 'line',
    min: null,
    max: null,
    top,
    limits: [],
    answers: {
      gaps: known.map(({ run }, i) => run.requestedAt - (known[i - 1]?.run.requestedAt ?? from)),
      values: known.map(({ value }) => value / per),
      within: known.map(({ run }) => (run.verdict === 'succeeded' ? '+' : '-')).join(''),
      whys: [],
      missing: [],
      says: known.map(({ run, value }) => `${say(value)}: ${verdictWords(run.verdict)}, ${dateAndTimeInWords(run.requestedAt)}`),
    },
  }
}
