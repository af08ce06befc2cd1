import { duration } from '../../lib/report/durations.ts'
import type { ChartData, ChartStep } from '../../lib/report/html/chart-data.ts'
import { aborted } from './answer-picture.ts'
import { doingAt, eventTimes, phasesOf } from './fault-times.ts'
import type { Picture } from './plot.ts'
import { clipped, haloed, type Paint } from './shapes.ts'

/** A line of text and a bar below it. */
const rowHeight = 36
const barTop = 18
const barHeight = 13
/** More rows than fit a screen are one: faults follow each other, and zooming tells them apart. */
const mostRows = 14

/** When which fault was planned, active, undone and recovered from: a row for each step, or one for all of many. */
export function faultPicture(data: ChartData): Picture {
  // What is still to come is told beside the picture; what was skipped belongs to it.
  const shown = [...data.steps.entries()].filter(([, { plannedAt, verdict }]) => plannedAt !== null || verdict !== 'pending')
  const isAlone = shown.length <= mostRows
  return {
    height: (isAlone ? shown.length : 1) * rowHeight,
    headroom: 4,
    data: { times: [data.from, data.to], values: [null, null] },
    stops: eventTimes(data.steps),
    landmarks: data.steps.flatMap(({ activeAt }) => activeAt ?? []),
    range: null,
    under: () => undefined,
    over: (paint) => {
      clipped(paint, [paint.left, paint.top - 4, paint.width, paint.height + 4], () => {
        for (const [n, [index, step]] of shown.entries())
          row(paint, step, { index, data, isAlone, y: paint.top + (isAlone ? n * rowHeight : 0) })
      })
      aborted(paint, data)
    },
    say: (at) => doingAt(data.steps, at, data.to) || nextText(data.steps, at),
  }
}

function nextText(steps: readonly ChartStep[], at: number): string {
  const index = steps.findIndex(({ plannedAt }) => plannedAt !== null && plannedAt > at)
  const next = steps[index]
  if (next === undefined || next.plannedAt === null) return 'no fault'
  return `no fault; step ${index + 1} ${next.name} begins ${duration(next.plannedAt - at)} later`
}

interface Row {
  readonly index: number
  readonly data: ChartData
  readonly isAlone: boolean
  readonly y: number
}

function row(paint: Paint, step: ChartStep, { index, data, isAlone, y }: Row): void {
  const { ctx, palette } = paint
  const top = y + barTop
  const phases = phasesOf(step, data.to)
  for (const { kind, from, to } of phases) {
    const x = paint.x(from)
    ctx.fillStyle = palette[colours[kind]]
    const inset = kind === 'active' ? 0 : 3
    ctx.fillRect(x, top + inset, Math.max(2, paint.x(to) - x), barHeight - 2 * inset)
  }
  if (step.activeAt !== null && step.plannedEnd !== null) {
    const x = paint.x(step.activeAt)
    ctx.strokeStyle = palette.plan
    ctx.lineWidth = 1.25
    ctx.setLineDash([4, 3])
    ctx.strokeRect(x, top, paint.x(step.plannedEnd) - x, barHeight)
    ctx.setLineDash([])
  }
  if (step.detectedAt !== null) diamond(paint, paint.x(step.detectedAt), top + barHeight / 2)
  name(paint, `${index + 1} ${step.name}: ${step.verdict}`, {
    y: y + 13,
    from: phases[0]?.from ?? data.from,
    isAlone,
  })
}

const colours = { preparing: 'prepare', active: 'fault', recovering: 'heal' } as const

/** The name above its bar, pulled in from the right edge where it would not fit; of many in one row, only where it fits. */
function name(
  paint: Paint,
  text: string,
  { y, from, isAlone }: { readonly y: number; readonly from: number; readonly isAlone: boolean },
): void {
  const { ctx, left, width } = paint
  const wanted = paint.x(from)
  if (!isAlone && (wanted < left || wanted > left + width)) return
  const shown = isAlone ? text : text.slice(0, text.indexOf(' '))
  const x = Math.max(left, Math.min(wanted, left + width - ctx.measureText(shown).width))
  haloed(paint, shown, x, y)
}

function diamond(paint: Paint, x: number, y: number): void {
  const { ctx, palette } = paint
  ctx.beginPath()
  ctx.moveTo(x, y - 7)
  ctx.lineTo(x + 7, y)
  ctx.lineTo(x, y + 7)
  ctx.lineTo(x - 7, y)
  ctx.closePath()
  ctx.fillStyle = palette.paper
  ctx.fill()
  ctx.strokeStyle = palette.ink
  ctx.lineWidth = 2
  ctx.stroke()
}
