import { valueText } from '../../domain/value-text.ts'
import type { ReportDocument, StepDocument } from '../document.ts'
import { duration, timeOfDay } from '../durations.ts'
import { type Content, type Markup, markup } from '../markup.ts'
import { type ProbeDocument, type SampleDocument, watched } from '../probe-document.ts'
import { comparisonText, readyFigure, verdictWords } from '../report-summary.ts'
import { isState, unitOf } from './chart-data.ts'
import { rowHead, stackTable } from './tables.ts'

/** What happened when: drawn where a script runs, and as tables for whom no script runs or no picture says anything. */
export function pictures(document: ReportDocument): Markup | null {
  const begun = isBegun(document)
  if (!begun && document.samples.length === 0) return null
  return markup`<section aria-labelledby="when"><h2 id="when">What happened when</h2>
<p class="zoom"><button type="button" data-zoom="in">Zoom in</button> <button type="button" data-zoom="out">Zoom out</button> <button type="button" data-zoom="all">Show all</button> <span class="note">Drag over a chart to zoom. Keys: ← → values, Page ↓ next mark, + − 0 zoom. Times are UTC.</span></p>
${begun ? faults(document) : null}
${document.probes.length === 0 || document.samples.length === 0 ? readiness(document) : null}${answers(document)}</section>`
}

function isBegun({ steps }: ReportDocument): boolean {
  return steps.some((step) => step.plannedAt !== null)
}

function faults({ steps, abort }: ReportDocument): Markup {
  const time = (at: string | null) => (at === null ? '–' : timeOfDay(Date.parse(at)))
  const rows = steps.map((step, i) => [
    rowHead(`${i + 1} ${step.name}`),
    verdictWords(step.verdict),
    time(step.activeAt),
    time(step.plannedEnd),
    time(step.revertedAt),
    time(step.recoveredAt),
    time(step.detectedAt),
  ])
  const head = ['step', 'verdict', 'active', 'planned end', 'undone', 'recovered', 'first probe out']
  return markup`<figure class="picture"><figcaption class="chart-head"><h3>Faults</h3><output aria-live="off"></output></figcaption>
${plot('faults', 'Faults over time')}
<ul class="legend">${swatch('fault', 'active')}${swatch('plan', 'planned')}${swatch('heal', 'recovering')}${swatch('prepare', 'preparing')}${steps.some((step) => step.detectedAt !== null) ? swatch('detected', 'first probe out of tolerance') : null}${abort === null ? null : swatch('abort', 'abort')}</ul>
${table('Faults as a table', 'faults', stackTable('Faults', head, rows))}</figure>`
}

/** An element that a script draws into; its keys and what it says are for everyone. */
export function plot(wanted: string, label: string): Markup {
  return markup`<div class="plot" data-plot="${wanted}" tabindex="0" role="application" aria-roledescription="chart" aria-label="${label}; arrow keys read the values"></div>`
}

/** What a sign means; the style sheet draws it. */
export function swatch(kind: string, text: string): Markup {
  return markup`<li><span class="swatch ${kind}" aria-hidden="true"></span>${text}</li>`
}

function table(title: string, id: string, rows: Markup): Markup {
  return markup`<details class="answers" id="table-${id}"><summary>${title}</summary>${rows}</details>`
}

function answers(document: ReportDocument): Content {
  const drawn = watched(document).map((probe, i) => [probe, document.samples.filter((sample) => sample.probe === probe.name), i] as const)
  const told = new Set(isBegun(document) ? ['abort'] : [])
  return drawn
    .filter(([, samples]) => samples.length > 0)
    .map(([probe, samples, i]) => {
      const signs = signsOf(document, probe, samples).filter(([kind]) => !told.has(kind))
      for (const [kind] of signs) told.add(kind)
      const legend = signs.length === 0 ? null : markup`<ul class="legend">${signs.map(([kind, text]) => swatch(kind, text))}</ul>\n`
      return probeFigure(document, { probe, samples, id: `probe-${i + 1}`, legend })
    })
}

/** What the chart of a probe draws. Each sign is said below the first chart that has it, and no other. */
function signsOf(
  { thresholds, abort, probes }: ReportDocument,
  probe: ProbeDocument,
  samples: readonly SampleDocument[],
): readonly (readonly [kind: string, text: string])[] {
  const isCount = probes.length === 0
  const isBlocks = isState(probe, samples)
  const has = (within: boolean | null) => samples.some((sample) => sample.within === within)
  const usual = isBlocks
    ? ([['state', 'within tolerance']] as const)
    : ([
        ['answer', 'answer'],
        ['tolerance', isCount ? 'as many as before' : 'tolerance'],
      ] as const)
  const isLimited = thresholds.some((threshold) => threshold.probe === probe.name)
  return [
    ...usual,
    ...(has(false) ? [[isBlocks ? 'state-out' : 'out', isCount ? 'fewer than before' : 'out of tolerance'] as const] : []),
    ...(has(null) ? [['silent', 'no answer'] as const] : []),
    ...(isLimited ? [['limit', 'threshold'] as const] : []),
    ['fault', 'a fault is active'],
    ...(abort === null ? [] : [['abort', 'abort'] as const]),
  ]
}

interface Asked {
  readonly legend: Markup | null
  readonly probe: ProbeDocument
  readonly samples: readonly SampleDocument[]
  readonly id: string
}

function probeFigure({ probes }: ReportDocument, { probe, samples, id, legend }: Asked): Markup {
  const unit = unitOf(probe)
  return markup`<figure class="picture"><figcaption class="chart-head"><h3>${probe.name}${unit === '' ? '' : `, ${unit}`}</h3><p class="note">${probes.length === 0 ? `${comparisonText(probe.allowed)} before the first fault` : `${countsOf(samples)}; allowed: ${comparisonText(probe.allowed)}${unit === '' ? '' : ` ${unit}`}`}</p><output aria-live="off"></output></figcaption>
${plot(`probe ${probe.name}`, `${probe.name} over time`)}
${legend}
${table('Answers as a table', id, answerTable(probe, samples))}</figure>`
}

/** Of the whole run: a step's own counts are of the time in which its fault was active. */
function countsOf(samples: readonly SampleDocument[]): string {
  const count = (within: boolean | null) => samples.filter((sample) => sample.within === within).length
  const [out, silent] = [count(false), count(null)]
  const parts = [`${count(true)} within`, ...(out === 0 ? [] : [`${out} out`]), ...(silent === 0 ? [] : [`${silent} without an answer`])]
  return `${samples.length} answers in the whole run: ${parts.join(', ')}`
}

/** More rows than this are read by no one: then each stands for a stretch of the run. */
const mostRows = 120

function answerTable(probe: ProbeDocument, samples: readonly SampleDocument[]): Markup {
  if (samples.length <= mostRows) {
    const rows = samples.map((sample) => [
      rowHead(timeOfDay(Date.parse(sample.at))),
      sample.value === null ? sample.message : valueText(sample.value, probe.unit),
      sample.within === null ? 'no answer' : sample.within ? 'within' : 'out of tolerance',
    ])
    return stackTable(`Answers of ${probe.name}`, ['time', 'answer', 'tolerance'], rows)
  }
  const size = Math.ceil(samples.length / mostRows)
  const stretches = Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => samples.slice(i * size, (i + 1) * size))
  const rows = stretches.map((stretch) => {
    const values = stretch.flatMap(({ value }) => value ?? [])
    const numbers = values.filter((value) => typeof value === 'number')
    const span =
      numbers.length === values.length && numbers.length > 0
        ? [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))]
        : [...new Set(values)].slice(0, 3)
    return [
      rowHead(`${timeOfDay(Date.parse(stretch[0]?.at ?? ''))} to ${timeOfDay(Date.parse(stretch.at(-1)?.at ?? ''))}`),
      [...new Set(span)].map((value) => valueText(value, probe.unit)).join(' to ') || 'no answer',
      stretch.length,
      stretch.filter(({ within }) => within === false).length,
      stretch.filter(({ within }) => within === null).length,
    ]
  })
  return stackTable(`Answers of ${probe.name}`, ['from', 'least to most', 'answers', 'out of tolerance', 'no answer'], rows)
}

/** Why there is no chart of answers, or only one of readiness, and what is known of the workload all the same. */
function readiness({ probes, baseline, steps, samples }: ReportDocument): Markup {
  const why =
    probes.length === 0
      ? `The suite has no probes${samples.length === 0 ? ', so there are no answers to draw' : ': how many of its pods are ready is all that is known of the workload'}. Add \`probes\` to see what its users would have seen (docs/probes.md).`
      : 'No probe was asked before the run ended, so there are no answers to draw.'
  const before = baseline === null ? '' : ` ${baseline.ready} of ${baseline.total} pods of the workload were ready before the first fault.`
  const rows = steps
    .filter((step) => step.activeAt !== null)
    .map((step) => [rowHead(step.name), step.readiness === null ? '–' : readyFigure(step.readiness), readyText(step)])
  return markup`<div class="picture"><h3>Readiness</h3><p>${why}${before}</p>
${rows.length === 0 ? null : stackTable('Readiness', ['in', 'fewest ready', 'as ready as before'], rows)}</div>`
}

function readyText({ recoveryMs, revertedAt }: StepDocument): string {
  if (recoveryMs !== null) return `${duration(recoveryMs)} after the fault was undone`
  return revertedAt === null ? 'not looked at: the fault is not proven undone' : 'not seen'
}
