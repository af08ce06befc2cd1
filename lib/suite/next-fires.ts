import { wallClock } from '../domain/hours.ts'
import { type Day, nextDate, valuesOf } from './cron-dates.ts'
import { cronFields } from './cron-fields.ts'

/** A time at which a schedule fires: the instant, and what clocks on the wall of its zone show then. */
export interface Fire {
  /** ms since epoch */
  readonly at: number
  /** `Mon 2026-11-30 03:00 +01:00` */
  readonly text: string
}

export interface NextFires {
  readonly next: readonly Fire[]
  /** Around the next change of the zone's offset, where one comes within a year: when, the first time after it, and times of that day that do not exist. */
  readonly change: { readonly on: string; readonly after: Fire | null; readonly skipped: readonly string[] } | null
}

const dayMs = 86_400_000
const minuteMs = 60_000
const yearDays = 366

/**
 * The next times of an AWS cron expression (well-formed, six fields) in a zone. As EventBridge Scheduler has it, a time that clocks skip in
 * spring is left out, and one that they show twice in autumn is the first of both
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time).
 */
export function nextFires(cron: string, timezone: string, { now, count }: { readonly now: number; readonly count: number }): NextFires {
  const next = firesFrom(cron, timezone, now, count)
  const changesAt = nextChange(timezone, now)
  if (changesAt === null) return { next, change: null }
  const { date: on } = wallClock(changesAt, timezone)
  const [after = null] = firesFrom(cron, timezone, changesAt - minuteMs, 1)
  const skipped = timesOn(cron, dayOf(on)).filter((time) => instantOf(on, time, timezone) === null)
  return { next, change: { on, after, skipped } }
}

function firesFrom(cron: string, timezone: string, after: number, count: number): readonly Fire[] {
  const found: Fire[] = []
  let from = dayOf(wallClock(after, timezone).date)
  while (found.length < count) {
    const day = nextDate(cron, from)
    if (day === undefined) break
    const date = dateText(day)
    for (const time of timesOn(cron, day)) {
      const at = instantOf(date, time, timezone)
      if (at !== null && at > after && found.length < count) found.push({ at, text: textOf(at, timezone) })
    }
    from = dayOf(new Date(Date.UTC(day.year, day.month - 1, day.day) + dayMs).toISOString().slice(0, 10))
  }
  return found
}

/** `03:00` and all others, of a day on which it fires; none on other days. */
function timesOn(cron: string, day: Day): readonly string[] {
  const first = nextDate(cron, day)
  if (first === undefined || dateText(first) !== dateText(day)) return []
  const [minutes = '', hours = ''] = cron.trim().toUpperCase().split(/\s+/)
  const [minuteField, hourField] = cronFields
  const two = (value: number) => String(value).padStart(2, '0')
  return valuesOf(hours, hourField).flatMap((hour) => valuesOf(minutes, minuteField).map((minute) => `${two(hour)}:${two(minute)}`))
}

/** The first instant at which the zone's clocks show that; null where they skip it. */
function instantOf(date: string, time: string, timezone: string): number | null {
  const asUtc = Date.parse(`${date}T${time}:00Z`)
  const offsets = [offsetMs(asUtc - dayMs, timezone), offsetMs(asUtc + dayMs, timezone)]
  const shown = offsets
    .map((offset) => asUtc - offset)
    .filter((at) => {
      const wall = wallClock(at, timezone)
      return wall.date === date && wall.time === time
    })
  return shown.length === 0 ? null : Math.min(...shown)
}

function offsetMs(at: number, timezone: string): number {
  const { date, time } = wallClock(at, timezone)
  return Date.parse(`${date}T${time}:00Z`) - Math.floor(at / minuteMs) * minuteMs
}

/** The first minute under another offset than now's, within a year. */
function nextChange(timezone: string, now: number): number | null {
  const offset = offsetMs(now, timezone)
  const day = Array.from({ length: yearDays }, (_, n) => now + (n + 1) * dayMs).find((at) => offsetMs(at, timezone) !== offset)
  if (day === undefined) return null
  let [before, after] = [Math.floor((day - dayMs) / minuteMs), Math.ceil(day / minuteMs)]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetMs(middle * minuteMs, timezone) === offset) before = middle
    else after = middle
  }
  return after * minuteMs
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

function textOf(at: number, timezone: string): string {
  const { date, time, day } = wallClock(at, timezone)
  const offset = offsetMs(at, timezone) / minuteMs
  const two = (value: number) => String(value).padStart(2, '0')
  const sign = offset < 0 ? '-' : '+'
  return `${dayNames[day]} ${date} ${time} ${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
}

function dayOf(date: string): Day {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
  return { year, month, day }
}

const dateText = ({ year, month, day }: Day) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
