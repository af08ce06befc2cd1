import { valueText } from '../../lib/domain/value-text.ts'
import type { ChartData, ChartProbe } from '../../lib/report/html/chart-data.ts'
import { type Answer, answersOf, answerText, nearest } from './answers.ts'
import { doingAt } from './fault-times.ts'
import type { Picture } from './plot.ts'
import { arrow, clipped, cross, dot, faultLane, haloed, laneHeight, line, type Paint, ring, stripes } from './shapes.ts'

/** Four lines of grid with their labels. */
const lineHeight = 132
/** A row of blocks with a line of text in it, and half a ring below. */
const blocksHeight = 34
/** Of the whole height: values do not touch the edges. */
const margin = 0.08
/** After so many intervals without an answer the probe was not asked, and nothing is known of that time. */
const silentAfter = 3
/** CSS pixels; dots closer than this are a thicker line. */
const dotDistance = 7

/** What one probe answered, over the faults. */
export function answerPicture(data: ChartData, probe: ChartProbe): Picture {
  const answers = answersOf(probe, data.from)
  const times = answers.map(({ at }) => at)
  const isLine = probe.draws === 'line'
  const range = isLine ? rangeOf(probe, answers) : null
  return {
    height: isLine ? lineHeight : blocksHeight,
    headroom: laneHeight + 6,
    data: isLine ? lineOf(probe, answers) : { times, values: times.map(() => null) },
    stops: times,
    landmarks: answers.filter((answer, i) => answer.within !== true && answers[i - 1]?.within !== answer.within).map(({ at }) => at),
    range,
    under: (paint) => {
      if (range !== null) tolerance(paint, probe, range)
      faultLane(paint, data.steps, data.to)
    },
    over: (paint) => {
      if (isLine) marks(paint, probe, answers)
      else blocks(paint, probe, answers)
      for (const answer of answers) if (answer.within === null && isInView(paint, answer.at)) ring(paint, paint.x(answer.at))
      aborted(paint, data)
    },
    say: (at) => {
      const answer = answers[nearest(times, at)]
      if (answer === undefined) return ''
      const doing = doingAt(data.steps, at, data.to)
      return `${answerText(answer, probe)}${doing === '' ? '' : ` · ${doing}`}`
    },
  }
}

function rangeOf({ min, max, limits, top }: ChartProbe, answers: readonly Answer[]): readonly [number, number] {
  const numbers = answers.flatMap(({ value }) => (typeof value === 'number' ? value : []))
  const all = [
    ...numbers,
    ...[min, max].filter((bound) => bound !== null),
    ...limits.map(({ limit }) => limit),
    ...(top === undefined ? [] : [top]),
  ]
  const low = all.reduce((least, value) => Math.min(least, value), 0)
  const high = all.reduce((most, value) => Math.max(most, value), low)
  const room = (high - low || 1) * margin
  return [low < 0 ? low - room : 0, high + room]
}

/** The line, broken where there was no answer, and where the probe was not asked. */
function lineOf({ intervalMs }: ChartProbe, answers: readonly Answer[]): Picture['data'] {
  const times: number[] = []
  const values: (number | null)[] = []
  for (const { at, value } of answers) {
    const before = times.at(-1)
    if (before !== undefined && at - before > silentAfter * intervalMs) {
      times.push(before + intervalMs)
      values.push(null)
    }
    times.push(at)
    values.push(typeof value === 'number' ? value : null)
  }
  return { times, values }
}

/** Flat colour below everything else: nothing is mixed with it. */
function tolerance(paint: Paint, { min, max }: ChartProbe, [low, high]: readonly [number, number]): void {
  if (min === null && max === null) return
  const { ctx, palette, left, top, width, height } = paint
  const y1 = max === null ? top : paint.y(Math.min(max, high))
  const y2 = min === null ? top + height : paint.y(Math.max(min, low))
  ctx.fillStyle = palette['tolerance-back']
  ctx.fillRect(left, y1, width, Math.max(3, y2 - y1))
  for (const bound of new Set([max, min]))
    if (bound !== null) line(paint, [left, paint.y(bound), left + width, paint.y(bound)], { colour: palette.tolerance, width: 1.5 })
}

const isInView = ({ left, width, x }: Paint, at: number) => x(at) >= left - 6 && x(at) <= left + width + 6

function marks(paint: Paint, probe: ChartProbe, answers: readonly Answer[]): void {
  const { left, top, width, height } = paint
  const seen = answers.filter(({ at }) => isInView(paint, at))
  const isRoomy = seen.length * dotDistance < width
  clipped(paint, [left - 6, top - 6, width + 12, height + 12], () => {
    for (const { at, value, within } of seen) {
      if (typeof value !== 'number') continue
      if (within === false) cross(paint, paint.x(at), paint.y(value))
      else if (isRoomy) dot(paint, paint.x(at), paint.y(value))
    }
  })
  for (const limit of probe.limits) limitLine(paint, limit, seen)
}

/** Its name stands at the right end, or at the left one where answers would run through it. */
function limitLine(paint: Paint, { name, severity, limit, crossedAt }: ChartProbe['limits'][number], seen: readonly Answer[]): void {
  const { ctx, palette, left, width } = paint
  const y = paint.y(limit)
  line(paint, [left, y, left + width, y], { colour: palette.limit, width: 1.5, dash: [6, 4] })
  const text = `${name} (${severity})`
  const right = left + width - ctx.measureText(text).width - 4
  const isCrowded = seen.some(({ at, value }) => typeof value === 'number' && paint.x(at) > right - 8 && Math.abs(paint.y(value) - y) < 40)
  haloed(paint, text, isCrowded ? left + 4 : right, y - 4)
  for (const at of crossedAt) if (isInView(paint, at)) arrow(paint, paint.x(at), y)
}

/** Equal states one after the other are one block, which bears its value where there is room. */
function blocks(paint: Paint, probe: ChartProbe, answers: readonly Answer[]): void {
  const { ctx, palette, left, top, width, height } = paint
  const box = { y: top + 2, height: height - 10 }
  clipped(paint, [left, top, width, height], () => {
    for (const { from, to, value, within } of stretchesOf(probe, answers)) {
      const [x1, x2] = [paint.x(from), paint.x(to)]
      if (x2 < left || x1 > left + width) continue
      ctx.fillStyle = within ? palette['answer-back'] : palette.out
      ctx.fillRect(x1, box.y, Math.max(2, x2 - x1 - 1), box.height)
      if (!within) stripes(paint, [x1, box.y, Math.max(2, x2 - x1 - 1), box.height])
      const text = valueText(value, probe.unit)
      const start = Math.max(x1, left)
      if (ctx.measureText(text).width + 10 > Math.min(x2, left + width) - start) continue
      if (!within) {
        ctx.fillStyle = palette.out
        ctx.fillRect(start + 2, box.y + 3, ctx.measureText(text).width + 6, box.height - 6)
      }
      ctx.fillStyle = within ? palette.ink : palette.paper
      ctx.fillText(text, start + 5, box.y + box.height / 2 + 4)
    }
  })
}

interface State {
  readonly from: number
  readonly to: number
  readonly value: number | string
  readonly within: boolean
}

/** States over time; an answer stands until the next one, or as long as its probe's interval where none came. */
function stretchesOf({ intervalMs }: ChartProbe, answers: readonly Answer[]): readonly State[] {
  const states: State[] = []
  for (const [i, { at, value, within }] of answers.entries()) {
    if (value === null || within === null) continue
    const next = answers[i + 1]?.at ?? at + intervalMs
    const to = next - at > silentAfter * intervalMs ? at + intervalMs : next
    const last = states.at(-1)
    if (last !== undefined && last.to === at && last.value === value && last.within === within) states[states.length - 1] = { ...last, to }
    else states.push({ from: at, to, value, within })
  }
  return states
}

/** Where the run was aborted, through every chart. */
export function aborted(paint: Paint, { abortedAt }: ChartData): void {
  if (abortedAt === null || !isInView(paint, abortedAt)) return
  const x = paint.x(abortedAt)
  line(paint, [x, paint.top - 4, x, paint.top + paint.height], { colour: paint.palette.ink, width: 2 })
}
