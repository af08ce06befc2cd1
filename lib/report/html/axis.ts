import type { ReportDocument } from '../document.ts'
import { timeOfDay } from '../durations.ts'
import { type Markup, markup } from '../markup.ts'

/** The time that all pictures of a report share, ms since epoch. */
export interface TimeAxis {
  readonly from: number
  readonly to: number
}

/** From the request to the end, or to the last thing that is known of a run under way. */
export function timeAxis({ requestedAt, endedAt, samples, history, steps }: ReportDocument): TimeAxis {
  const from = Date.parse(requestedAt)
  const times = [
    endedAt,
    samples.at(-1)?.at,
    history.at(-1)?.at,
    ...steps.flatMap(({ activeAt, plannedEnd, revertedAt, recoveredAt }) => [
      activeAt,
      endedAt === null ? plannedEnd : null,
      revertedAt,
      recoveredAt,
    ]),
  ]
  const known = times.flatMap((time) => (typeof time === 'string' ? [Date.parse(time)] : []))
  return { from, to: Math.max(from + 1000, ...known) }
}

/** Where a time is on the axis, in percent of its length; what lies outside is at its ends. */
export function percent({ from, to }: TimeAxis, ms: number): number {
  const share = Math.max(0, Math.min(1, (ms - from) / (to - from)))
  return Math.round(share * 10_000) / 100
}

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
/** What a phone's width has room for. */
const mostTicks = 4

/** Round times on the axis, few enough for a phone. */
function timeTicks({ from, to }: TimeAxis): { readonly stepMs: number; readonly ticks: readonly number[] } {
  const stepMs =
    1000 * (steps.find((step) => (to - from) / (step * 1000) <= mostTicks) ?? 86_400 * Math.ceil((to - from) / 86_400_000 / mostTicks))
  const first = Math.ceil(from / stepMs) * stepMs
  return { stepMs, ticks: Array.from({ length: Math.max(0, Math.floor((to - first) / stepMs) + 1) }, (_, i) => first + i * stepMs) }
}

/** Vertical lines and times of day below; `height` is where the plot ends. */
export function timeGrid(axis: TimeAxis, height: number): Markup {
  const { stepMs, ticks } = timeTicks(axis)
  const lines = ticks.map((tick) => {
    const x = percent(axis, tick)
    const text = timeOfDay(tick).slice(0, stepMs % 60_000 === 0 ? 5 : 8)
    return markup`<line x1="${x}%" x2="${x}%" y1="0" y2="${height}"/><text x="${x}%" y="${height + 17}" text-anchor="${x > 94 ? 'end' : 'middle'}">${text}</text>`
  })
  return markup`<g class="grid">${lines}</g>`
}

/** Room below a plot for the times. */
export const timeRoom = 22

/** Round values from below `min` to above `max`, three to five of them. */
export function valueTicks(min: number, max: number): readonly number[] {
  const span = max - min || Math.abs(max) || 1
  const power = 10 ** Math.floor(Math.log10(span / 3))
  const step = power * ([1, 2, 5, 10].find((factor) => span / (factor * power) <= 4) ?? 10)
  const first = Math.floor(min / step + 1e-9)
  const last = Math.ceil(max / step - 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}
