import type { ReportDocument, StepDocument } from '../document.ts'
import { duration, timeOfDay } from '../durations.ts'
import { type Markup, markup } from '../markup.ts'
import { faultWords, verdictWords } from '../report-summary.ts'
import { percent, type TimeAxis, timeGrid, timeRoom } from './axis.ts'

/** In pixels: a line of text above a bar of its height. */
const rowHeight = 46
const barTop = 20
const barHeight = 18
/** As many characters as a phone has room for, and how much of its width each takes; the steps below bear their whole names. */
const longestName = 32
const charPercent = 2.3

/** When which fault was planned, active, undone and recovered from: one row per step. */
export function timeline(document: ReportDocument, axis: TimeAxis): Markup {
  const height = document.steps.length * rowHeight
  const words = document.steps.map((step, i) => `${i + 1}. ${step.name}: ${spoken(step)}`).join('. ')
  return markup`<figure class="picture">
<svg class="timeline" role="img" width="100%" height="${height + timeRoom}" aria-labelledby="timeline-title timeline-desc">
<title id="timeline-title">Timeline of the faults</title><desc id="timeline-desc">${words}</desc>
${timeGrid(axis, height)}
${abortLine(document, axis, height)}
${document.steps.map((step, i) => row(step, i, axis))}
</svg>
${legend(document)}
</figure>`
}

function spoken(step: StepDocument): string {
  const { activeAt, revertedAt, recoveredAt } = step
  const time = (name: string, at: string | null) => (at === null ? [] : [`${name} ${timeOfDay(Date.parse(at))}`])
  return [verdictWords(step.verdict), ...time('active', activeAt), ...time('undone', revertedAt), ...time('recovered', recoveredAt)].join(
    ', ',
  )
}

function row(step: StepDocument, index: number, axis: TimeAxis): Markup {
  const y = index * rowHeight
  const { plannedAt, activeAt, plannedEnd, revertedAt, recoveredAt, detectedAt } = step
  const start = plannedAt === null ? 0 : percent(axis, Date.parse(plannedAt))
  const name = nameOf(step, index)
  const anchored =
    start > 55 || start + name.length * charPercent > 105 ? markup`x="${endOf(step, axis)}%" text-anchor="end"` : markup`x="${start}%"`
  const until = revertedAt ?? (activeAt === null ? null : new Date(axis.to).toISOString())
  return markup`<g><text class="name" ${anchored} y="${y + 14}">${name}</text>
${band('preparing', [plannedAt, activeAt], { y, axis, title: `prepared from ${clock(plannedAt)}` })}
${band('recovering', [revertedAt, recoveredAt], { y, axis, title: `undone ${clock(revertedAt)}, recovered ${clock(recoveredAt)}` })}
${band('active', [activeAt, until], { y, axis, title: `${faultWords(step)}: active from ${clock(activeAt)}${revertedAt === null ? ', not proven undone' : ` to ${clock(revertedAt)}`}` })}
${band('planned', [activeAt, plannedEnd], { y, axis, title: `planned from ${clock(activeAt)} to ${clock(plannedEnd)}` })}
${detectedAt === null ? null : glyph('detected', percent(axis, Date.parse(detectedAt)), y + barTop + barHeight / 2, `first probe out of tolerance ${clock(detectedAt)}`)}</g>`
}

function nameOf({ name, verdict, plannedAt }: StepDocument, index: number): string {
  const chars = [...name]
  const short = chars.length > longestName ? `${chars.slice(0, longestName - 1).join('')}…` : name
  return `${index + 1} ${short}${plannedAt === null ? ` (${verdictWords(verdict)})` : ''}`
}

function clock(at: string | null): string {
  return at === null ? 'unknown' : timeOfDay(Date.parse(at))
}

/** Where the last band of a row ends, so that its name can end there too. */
function endOf({ plannedEnd, recoveredAt, revertedAt, activeAt }: StepDocument, axis: TimeAxis): number {
  const times = [plannedEnd, recoveredAt, revertedAt, activeAt].flatMap((at) => (at === null ? [] : [percent(axis, Date.parse(at))]))
  return Math.max(70, ...times)
}

interface Place {
  readonly y: number
  readonly axis: TimeAxis
  readonly title: string
}

function band(kind: string, [from, to]: readonly [string | null, string | null], { y, axis, title }: Place): Markup | null {
  if (from === null || to === null) return null
  const x = percent(axis, Date.parse(from))
  const width = Math.max(0.4, percent(axis, Date.parse(to)) - x)
  return markup`<rect class="${kind}" x="${x}%" y="${y + barTop}" width="${Math.round(width * 100) / 100}%" height="${barHeight}" rx="3"><title>${title}</title></rect>`
}

/** A mark that keeps its form however wide the picture is. */
export function glyph(kind: 'detected' | 'out' | 'unknown' | 'crossed', x: number, y: number, title: string): Markup {
  return markup`<svg class="glyph" x="${x}%" y="${y}"><path class="${kind}" d="${forms[kind]}"><title>${title}</title></path></svg>`
}

const forms = {
  detected: 'M0-7 7 0 0 7-7 0z',
  out: 'M-4-4 4 4M-4 4 4-4',
  unknown: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0',
  crossed: 'M0 0-6-10H6z',
} as const

function abortLine({ abort }: ReportDocument, axis: TimeAxis, height: number): Markup | null {
  if (abort === null) return null
  const x = percent(axis, Date.parse(abort.at))
  const side = x > 50 ? markup`text-anchor="end" dx="-5"` : markup`dx="5"`
  return markup`<g class="abort"><line x1="${x}%" x2="${x}%" y1="0" y2="${height}"/><text x="${x}%" y="${height - 6}" ${side}>aborted ${clock(abort.at)}</text></g>`
}

function legend({ steps, abort }: ReportDocument): Markup {
  const swatch = (kind: string, text: string) =>
    markup`<li><svg class="swatch" width="22" height="12" aria-hidden="true"><rect class="${kind}" x="1" y="1" width="20" height="10" rx="2"/></svg>${text}</li>`
  const detected = steps.some((step) => step.detectedAt !== null)
  const longest = Math.max(0, ...steps.map((step) => step.undoneAfterMs ?? 0))
  return markup`<figcaption><ul class="legend">
${swatch('active', 'active')}${swatch('planned', 'planned')}${swatch('recovering', 'recovering')}${swatch('preparing', 'preparing')}
${detected ? markup`<li><svg class="swatch" width="16" height="16" aria-hidden="true"><path class="detected" transform="translate(8 8)" d="${forms.detected}"/></svg>first probe out of tolerance</li>` : null}
${abort === null ? null : markup`<li><svg class="swatch" width="12" height="14" aria-hidden="true"><g class="abort"><line x1="6" x2="6" y1="0" y2="14"/></g></svg>abort</li>`}
</ul><p class="note">Times are UTC. Latest undo: ${duration(longest)} after its planned end.</p></figcaption>`
}
