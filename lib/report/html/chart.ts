import { valueText } from '../../domain/steady.ts'
import { boundsOf } from '../../domain/tolerance.ts'
import type { ReportDocument } from '../document.ts'
import { timeOfDay } from '../durations.ts'
import { type Markup, markup } from '../markup.ts'
import type { ProbeDocument, ThresholdDocument } from '../probe-document.ts'
import { comparisonText } from '../report-summary.ts'
import { percent, type TimeAxis, timeGrid, timeRoom, valueTicks } from './axis.ts'
import { type Point, pointsOf, stretches } from './series.ts'
import { glyph } from './timeline.ts'

/** In pixels: four lines of grid with their labels, one line of text, and half of one above the highest point. */
const plotHeight = 132
const stripHeight = 34
const headroom = 16

interface Drawing {
  readonly document: ReportDocument
  readonly probe: ProbeDocument
  readonly points: readonly Point[]
  readonly axis: TimeAxis
  readonly id: string
}

/** What one probe answered, over the faults; a strip of marks where its answers are no numbers. Null when it was never asked. */
export function probeChart(document: ReportDocument, probe: ProbeDocument, axis: TimeAxis): Markup | null {
  const answers = document.samples.filter((sample) => sample.probe === probe.name)
  if (answers.length === 0) return null
  const points = pointsOf(answers)
  const id = `probe-${document.probes.indexOf(probe)}`
  const drawing = { document, probe, points, axis, id }
  const count = (within: boolean | null) => answers.filter((sample) => sample.within === within).length
  const facts = [`${count(true)} of ${answers.length} answers within tolerance (${comparisonText(probe.allowed)}${unitAfter(probe)})`]
  if (count(false) > 0) facts.push(`${count(false)} out of tolerance`)
  if (count(null) > 0) facts.push(`${count(null)} without an answer`)
  const text = facts.join(', ')
  return markup`<figure class="picture"><figcaption class="chart-head"><h3>${probe.name}${unitAfter(probe) === '' ? '' : `,${unitAfter(probe)}`}</h3><p>${text}</p></figcaption>
${points.some((point) => point.value !== null) ? numbers(drawing, text) : strip(drawing, text)}</figure>`
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

function unitAfter({ unit, name }: ProbeDocument): string {
  return unit === 'ratio' || unit === '' || unit === name ? '' : ` ${unit}`
}

function frame({ document, probe, axis, id }: Drawing, height: number, text: string, inside: readonly (Markup | null)[]): Markup {
  return markup`<svg class="chart" role="img" width="100%" height="${height + timeRoom}" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${probe.name} over time</title><desc id="${id}-desc">${text}</desc>
${document.steps.map((step, i) => shade(step, i, axis, height))}
${timeGrid(axis, height)}
${inside}
</svg>`
}

/** The time in which a fault was active, with the number of its step. */
function shade(
  { activeAt, revertedAt, name }: ReportDocument['steps'][number],
  index: number,
  axis: TimeAxis,
  height: number,
): Markup | null {
  if (activeAt === null) return null
  const x = percent(axis, Date.parse(activeAt))
  const end = revertedAt === null ? 100 : percent(axis, Date.parse(revertedAt))
  return markup`<g class="shade"><rect x="${x}%" y="0" width="${Math.round((end - x) * 100) / 100}%" height="${height}"><title>${index + 1} ${name}</title></rect><text x="${x}%" dx="4" y="12">${index + 1}</text></g>`
}

function numbers(drawing: Drawing, text: string): Markup {
  const { document, probe, points, axis } = drawing
  const { min, max } = boundsOf(probe.tolerance)
  const limits = document.thresholds.filter((threshold) => threshold.probe === probe.name)
  const values = [...points.map((p) => p.value), min, max, ...limits.map((threshold) => threshold.limit)].filter(
    (v) => v !== null && Number.isFinite(v),
  ) as number[]
  const ticks = valueTicks(Math.min(0, ...values), Math.max(...values))
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1]
  const yOf = (value: number) => Math.round(10 * (plotHeight - ((value - low) / (high - low)) * (plotHeight - headroom))) / 10
  return frame(drawing, plotHeight, text, [
    band({ min, max }, yOf),
    markup`<g class="grid">${ticks.map((tick) => markup`<line x1="0" x2="100%" y1="${yOf(tick)}" y2="${yOf(tick)}"/><text x="-7" y="${yOf(tick) + 4}" text-anchor="end">${compact.format(tick)}</text>`)}</g>`,
    ...limits.map((threshold) => limitLine(threshold, yOf)),
    ...stretches(points).map((stretch) => line(stretch, axis, yOf)),
    ...points.map((point) => mark(point, { axis, probe, y: point.value === null ? plotHeight - 8 : yOf(point.value) })),
    ...limits.flatMap((threshold) => crossings(threshold, axis, yOf)),
  ])
}

function band({ min, max }: ReturnType<typeof boundsOf>, yOf: (value: number) => number): Markup | null {
  if (min === null && max === null) return null
  const top = max === null ? 0 : yOf(max)
  const bottom = min === null ? plotHeight : yOf(min)
  const edge = (y: number) => markup`<line x1="0" x2="100%" y1="${y}" y2="${y}"/>`
  return markup`<g class="tolerance"><rect x="0" y="${top}" width="100%" height="${Math.max(1, bottom - top)}"><title>within tolerance</title></rect>${max === null ? null : edge(top)}${min === null || min === max ? null : edge(bottom)}</g>`
}

function limitLine({ name, limit, severity }: ThresholdDocument, yOf: (value: number) => number): Markup {
  const y = yOf(limit)
  return markup`<g class="limit"><line x1="0" x2="100%" y1="${y}" y2="${y}"/><text x="0" dx="6" y="${y - 4}">${name} (${severity})</text></g>`
}

function crossings({ name, limit, crossings: all }: ThresholdDocument, axis: TimeAxis, yOf: (value: number) => number): readonly Markup[] {
  return all.map((crossing) =>
    glyph('crossed', percent(axis, Date.parse(crossing.at)), yOf(limit), `threshold ${name} crossed ${timeOfDay(Date.parse(crossing.at))}`),
  )
}

function line(stretch: readonly Point[], axis: TimeAxis, yOf: (value: number) => number): Markup {
  const places = stretch.map((point) => ({ x: percent(axis, point.at), y: yOf(point.value ?? 0) }))
  return markup`<g class="line">${places.slice(1).map((to, i) => {
    const from = places[i] ?? to
    return markup`<line x1="${from.x}%" y1="${from.y}" x2="${to.x}%" y2="${to.y}"/>`
  })}</g>`
}

/** One answer: a dot; a cross when out of tolerance; a ring when nothing was measured. Its words appear when it is pointed at. */
function mark(
  { at, sample }: Point,
  { axis, probe, y }: { readonly axis: TimeAxis; readonly probe: ProbeDocument; readonly y: number },
): Markup {
  const x = percent(axis, at)
  const value = sample.value === null ? sample.message : valueText(sample.value, probe.unit)
  const title = `${timeOfDay(at)} ${value}${sample.within === false ? ', out of tolerance' : ''}`
  if (sample.within === false) return glyph('out', x, y, title)
  if (sample.within === null) return glyph('unknown', x, y, title)
  return markup`<circle class="in" cx="${x}%" cy="${y}" r="2.2"><title>${title}</title></circle>`
}

function strip(drawing: Drawing, text: string): Markup {
  const marks = drawing.points.map((point) => mark(point, { axis: drawing.axis, probe: drawing.probe, y: stripHeight - 11 }))
  return frame(drawing, stripHeight, text, marks)
}

/** What the marks mean. */
export function chartLegend(): Markup {
  const item = (mark: Markup, text: string) =>
    markup`<li><svg class="swatch" width="22" height="14" aria-hidden="true">${mark}</svg>${text}</li>`
  const at = (kind: 'out' | 'unknown') => glyph(kind, 50, 7, '')
  return markup`<ul class="legend">
${item(markup`<circle class="in" cx="11" cy="7" r="2.2"/>`, 'within tolerance')}${item(at('out'), 'out of tolerance')}${item(at('unknown'), 'no answer')}
${item(markup`<g class="tolerance"><rect x="0" y="0" width="22" height="14"/><line x1="0" x2="22" y1="1" y2="1"/></g>`, 'tolerance')}${item(markup`<g class="limit"><line x1="0" x2="22" y1="7" y2="7"/></g>`, 'threshold')}${item(markup`<g class="shade"><rect x="0" y="0" width="22" height="14"/></g>`, 'a fault is active')}
</ul>`
}
