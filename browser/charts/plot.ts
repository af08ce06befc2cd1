import uPlot from 'uplot'
import { timeOfDay } from '../../lib/report/durations.ts'
import { font, type Palette, readPalette } from './palette.ts'
import { type Paint, painted } from './shapes.ts'
import type { TimeWindow } from './time-window.ts'

/** What is drawn in one chart, and what it says of a time. */
export interface Picture {
  /** Height of the plotting area with the room above it, CSS pixels. */
  readonly height: number
  /** Room above the plotting area, CSS pixels. */
  readonly headroom: number
  /** Values of a line over time; nulls break it. */
  readonly data: { readonly times: readonly number[]; readonly values: readonly (number | null)[] }
  /** Where the keyboard stops, in order. */
  readonly stops: readonly number[]
  /** Of those, where the eye would go first: an answer out of tolerance, none at all, the bite of a fault. */
  readonly landmarks: readonly number[]
  /** The values of the upright axis; null: it has none. */
  readonly range: readonly [number, number] | null
  under(paint: Paint): void
  over(paint: Paint): void
  /** What there is at a time, in words. */
  say(at: number): string
}

/** One chart of the page. */
export interface Plot {
  update(picture: Picture): void
  repaint(): void
  /** CSS pixels; for paper, whose width no observer tells. */
  setWidth(px: number): void
}

/** All upright axes are as wide, so that one time is at one place in all charts. */
const axisWidth = 52
const timesHeight = 24
const rightMargin = 26

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 })

/** Draws a picture into an element, and lets people move through it, by pointer or keys; the `output` in the same figure says the value. */
export function makePlot(box: HTMLElement, first: Picture, window: TimeWindow): Plot {
  let picture = first
  let palette: Palette = readPalette()
  const output = box.closest('figure')?.querySelector('output') ?? null
  const height = () => picture.height + picture.headroom + timesHeight
  const say = (at: number | null) => {
    if (output !== null) output.textContent = at === null ? '' : `${timeOfDay(at)} ${picture.say(at)}`
  }
  const options: uPlot.Options = {
    width: Math.max(200, box.clientWidth),
    height: height(),
    ms: 1,
    padding: [first.headroom, rightMargin, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [window.view.from, window.view.to] },
      y: { range: () => [...(picture.range ?? ([0, 1] as const))] },
    },
    axes: [timeAxis(() => palette), valueAxis(() => palette, first.range !== null)],
    series: [{}, { stroke: () => palette.answer, width: 1.75, points: { show: false } }],
    cursor: {
      y: false,
      drag: { x: true, y: false, setScale: false },
      points: { show: false },
      sync: { key: 'time', setSeries: false },
      bind: { dblclick: () => () => showAll(window) },
    },
    hooks: {
      drawClear: [(plot) => painted(plot, palette, uPlot.pxRatio, (paint) => picture.under(paint))],
      draw: [(plot) => painted(plot, palette, uPlot.pxRatio, (paint) => picture.over(paint))],
      setSelect: [(plot) => zoomInto(plot, window)],
      setCursor: [(plot) => say(timeAtCursor(plot))],
    },
  }
  const plot = new uPlot(options, dataOf(picture), box)
  window.onChange(() => plot.setScale('x', { min: window.view.from, max: window.view.to }))
  new ResizeObserver(() => box.clientWidth > 0 && plot.setSize({ width: box.clientWidth, height: height() })).observe(box)
  moveByKeys(box, plot, { window, picture: () => picture, output })
  return {
    update(next) {
      const isAsHigh = next.height === picture.height
      picture = next
      if (!isAsHigh) plot.setSize({ width: plot.width, height: height() })
      plot.setData(dataOf(next), true)
    },
    repaint() {
      palette = readPalette()
      plot.redraw(false, true)
    },
    setWidth: (px) => plot.setSize({ width: px, height: height() }),
  }
}

const dataOf = ({ data }: Picture): uPlot.AlignedData => [[...data.times], [...data.values]]

const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000]
/** Steps that a clock has. */
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30].flatMap((n) => [n * second, n * minute]),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 28].map((n) => n * day),
].sort((a, b) => a - b)

function timeAxis(palette: () => Palette): uPlot.Axis {
  return {
    size: timesHeight,
    font,
    gap: 4,
    space: 76,
    incrs: [...timeSteps],
    stroke: () => palette().faint,
    grid: { stroke: () => palette().line, width: 1 },
    ticks: { show: false },
    values: (_, times, __, ___, stepMs) =>
      times.map((time, i) => {
        const date = new Date(time).toISOString().slice(5, 10)
        const before = times[i - 1]
        const isNewDay = before !== undefined && new Date(before).toISOString().slice(5, 10) !== date
        if (stepMs >= day) return date
        return `${isNewDay ? `${date} ` : ''}${timeOfDay(time).slice(0, stepMs % 60_000 === 0 ? 5 : 8)}`
      }),
  }
}

function valueAxis(palette: () => Palette, isShown: boolean): uPlot.Axis {
  return {
    size: axisWidth,
    font,
    gap: 6,
    space: 30,
    stroke: () => palette().faint,
    grid: { show: isShown, stroke: () => palette().line, width: 1 },
    ticks: { show: false },
    values: (_, values) => values.map((value) => (isShown ? compact.format(value) : '')),
  }
}

function showAll(window: TimeWindow): null {
  window.reset()
  return null
}

function zoomInto(plot: uPlot, window: TimeWindow): void {
  const { left, width } = plot.select
  if (width > 4) window.zoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'))
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

function timeAtCursor(plot: uPlot): number | null {
  const { left } = plot.cursor
  return left === undefined || left === null || left < 0 ? null : plot.posToVal(left, 'x')
}

interface Moved {
  readonly window: TimeWindow
  readonly picture: () => Picture
  readonly output: HTMLOutputElement | null
}

/** ← → from value to value, Page Up and Page Down from landmark to landmark, Home, End, + and − to zoom, 0 for all of it. */
function moveByKeys(box: HTMLElement, plot: uPlot, { window, picture, output }: Moved): void {
  let at: number | null = null
  const show = () => {
    if (at !== null) plot.setCursor({ left: plot.valToPos(at, 'x'), top: 10 })
  }
  const go = (to: number | undefined) => {
    if (to === undefined) return
    at = to
    const { from, to: end } = window.view
    if (at < from || at > end) window.zoom(at - (end - from) / 2, at + (end - from) / 2)
    queueMicrotask(show)
  }
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => go(picture().stops.find((time) => time > (at ?? window.view.from - 1))),
    ArrowLeft: () => go(picture().stops.findLast((time) => time < (at ?? window.view.to + 1))),
    PageDown: () => go(picture().landmarks.find((time) => time > (at ?? window.view.from - 1))),
    PageUp: () => go(picture().landmarks.findLast((time) => time < (at ?? window.view.to + 1))),
    Home: () => go(picture().stops[0]),
    End: () => go(picture().stops.at(-1)),
    '+': () => window.scale(0.5, at ?? undefined),
    '-': () => window.scale(2, at ?? undefined),
    0: () => window.reset(),
  }
  box.addEventListener('keydown', (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  })
  // What a chart says is read aloud only while its keys are used: a pointer moves too fast for that.
  box.addEventListener('focus', () => output?.setAttribute('aria-live', 'polite'))
  box.addEventListener('blur', () => output?.setAttribute('aria-live', 'off'))
}
