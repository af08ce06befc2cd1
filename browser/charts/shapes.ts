import type uPlot from 'uplot'
import type { ChartStep } from '../../lib/report/html/chart-data.ts'
import { phasesOf } from './fault-times.ts'
import { font, type Palette } from './palette.ts'

/** A canvas in CSS pixels, with the plotting area and where a time is in it. */
export interface Paint {
  readonly ctx: CanvasRenderingContext2D
  readonly palette: Palette
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  x(at: number): number
  y(value: number): number
}

/** Draws in CSS pixels, whatever the screen's are. */
export function painted(plot: uPlot, palette: Palette, ratio: number, work: (paint: Paint) => void): void {
  const { ctx, bbox } = plot
  ctx.save()
  ctx.scale(ratio, ratio)
  ctx.font = font
  ctx.textAlign = 'left'
  ctx.textBaseline = 'alphabetic'
  const { left, top, width, height } = {
    left: bbox.left / ratio,
    top: bbox.top / ratio,
    width: bbox.width / ratio,
    height: bbox.height / ratio,
  }
  work({
    ctx,
    palette,
    left,
    top,
    width,
    height,
    x: (at) => plot.valToPos(at, 'x', true) / ratio,
    y: (value) => plot.valToPos(value, 'y', true) / ratio,
  })
  ctx.restore()
}

/** Keeps what `work` draws inside of a box. */
export function clipped({ ctx }: Paint, box: readonly [number, number, number, number], work: () => void): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(...box)
  ctx.clip()
  work()
  ctx.restore()
}

export function line({ ctx }: Paint, [x1, y1, x2, y2]: readonly [number, number, number, number], style: LineStyle): void {
  ctx.beginPath()
  ctx.setLineDash([...(style.dash ?? [])])
  ctx.lineWidth = style.width
  ctx.strokeStyle = style.colour
  ctx.moveTo(x1, y1)
  ctx.lineTo(x2, y2)
  ctx.stroke()
  ctx.setLineDash([])
}

interface LineStyle {
  readonly colour: string
  readonly width: number
  readonly dash?: readonly number[]
}

/** Text that can be read over lines. */
export function haloed({ ctx, palette }: Paint, text: string, x: number, y: number): void {
  ctx.lineWidth = 3
  ctx.strokeStyle = palette.paper
  ctx.strokeText(text, x, y)
  ctx.fillStyle = palette.ink
  ctx.fillText(text, x, y)
}

/** An answer out of tolerance: a cross, so that it is not told by its colour alone. */
export function cross(paint: Paint, x: number, y: number): void {
  const style = { colour: paint.palette.out, width: 2.25 }
  line(paint, [x - 4, y - 4, x + 4, y + 4], style)
  line(paint, [x - 4, y + 4, x + 4, y - 4], style)
}

/** An answer that could not be had: a ring on the lower edge, where no value is. */
export function ring({ ctx, palette, top, height }: Paint, x: number): void {
  ctx.beginPath()
  ctx.arc(x, top + height, 4, 0, 2 * Math.PI)
  ctx.fillStyle = palette.paper
  ctx.strokeStyle = palette.ink
  ctx.lineWidth = 1.75
  ctx.fill()
  ctx.stroke()
}

export function dot({ ctx, palette }: Paint, x: number, y: number): void {
  ctx.beginPath()
  ctx.arc(x, y, 2.2, 0, 2 * Math.PI)
  ctx.fillStyle = palette.answer
  ctx.fill()
}

/** A mark whose tip points at where a value crossed a threshold. */
export function arrow({ ctx, palette }: Paint, x: number, y: number): void {
  ctx.beginPath()
  ctx.moveTo(x, y - 1)
  ctx.lineTo(x - 5, y - 11)
  ctx.lineTo(x + 5, y - 11)
  ctx.closePath()
  ctx.fillStyle = palette.limit
  ctx.fill()
}

/** Stripes over a box: what is out of tolerance is told without its colour, too. */
export function stripes(paint: Paint, box: readonly [number, number, number, number]): void {
  const [x, y, width, height] = box
  clipped(paint, box, () => {
    for (let at = x - height; at < x + width; at += 6)
      line(paint, [at, y + height, at + height, y], { colour: paint.palette.paper, width: 1 })
  })
}

/** As high as a digit with a little room. */
export const laneHeight = 14

/** Faults over a chart: a lane of blocks above the plotting area, and a dotted line down from either end of each. */
export function faultLane(paint: Paint, steps: readonly ChartStep[], now: number): void {
  const { ctx, palette, left, top, width, height } = paint
  const y = top - laneHeight - 4
  clipped(paint, [left, y, width, laneHeight + height + 4], () => {
    for (const [i, step] of steps.entries()) {
      for (const { kind, from, to } of phasesOf(step, now)) {
        if (kind !== 'active') continue
        const [x1, x2] = [paint.x(from), Math.max(paint.x(to), paint.x(from) + 2)]
        ctx.fillStyle = palette.fault
        ctx.fillRect(x1, y, x2 - x1, laneHeight)
        for (const x of [x1, x2]) line(paint, [x, top - 4, x, top + height], { colour: palette.fault, width: 1, dash: [1, 3] })
        label(paint, String(i + 1), [x1, x2], y + 11)
      }
    }
  })
}

function label({ ctx, palette }: Paint, text: string, [from, to]: readonly [number, number], y: number): void {
  if (ctx.measureText(text).width + 4 > to - from) return
  ctx.fillStyle = palette['fault-ink']
  ctx.fillText(text, from + 3, y)
}
