/** A time of a week, and of some dates, as clocks on the wall show it. */
export interface Hours {
  /** IANA name; daylight saving time is observed. */
  readonly timezone: string
  /** 0 is Sunday. Days and dates are those on which it opens, also of what goes over midnight. */
  readonly days: readonly number[]
  /** Minutes since midnight; `toMinute` is not itself inside, and is on the next day unless it comes after `fromMinute`. */
  readonly fromMinute: number
  readonly toMinute: number
  /** `2026-12-01`, both inside; left out: without an end. */
  readonly firstDate?: string | undefined
  readonly lastDate?: string | undefined
}

/** From when to when something would be done, in ms since epoch; both are the same for a start. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A time in which nothing is to be done, by the wall clocks of a zone. */
export interface Freeze {
  /** `2026-12-20` or `2026-12-20T18:00`. */
  readonly from: string
  /** A date is inside to its end; a time of day is not itself inside. */
  readonly to: string
  readonly timezone: string
  readonly why?: string | undefined
}

/** A calendar whose entries are freezes. */
export interface Calendar {
  readonly name: string
  /** What of it touches that time, and perhaps what is near, with its words for people. */
  during(span: Span): readonly (Span & { readonly what: string })[]
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const minuteMs = 60_000
const formats = new Map<string, Intl.DateTimeFormat>()

/** What a clock on the wall of that zone shows. */
export interface WallClock {
  /** `2026-01-05` */
  readonly date: string
  /** `09:30` */
  readonly time: string
  readonly minute: number
  /** 0 is Sunday. */
  readonly day: number
}

/** Wall-clock time of an instant (ms since epoch). @throws RangeError for a zone that is none */
export function wallClock(at: number, timeZone: string): WallClock {
  const format = formats.get(timeZone) ?? formatOf(timeZone)
  formats.set(timeZone, format)
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}`,
    minute: Number(parts.hour) * 60 + Number(parts.minute),
    day: dayNames.indexOf(parts.weekday ?? ''),
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const
  return new Intl.DateTimeFormat('en-GB', { timeZone, calendar: 'iso8601', weekday: 'short', ...digits, hourCycle: 'h23' })
}

/** A wall clock that remembers what it showed: zones are slow to ask, and many rules ask about the same minutes. */
export function rememberingWallClock(): typeof wallClock {
  const zones = new Map<string, Map<number, WallClock>>()
  return (at, timezone) => {
    const known = zones.get(timezone) ?? new Map<number, WallClock>()
    zones.set(timezone, known)
    const shown = known.get(at) ?? wallClock(at, timezone)
    known.set(at, shown)
    return shown
  }
}

/** Whether the instant is inside; `clock` may remember. A time that clocks skip in spring never is, one that they show twice in autumn is twice. */
export function isInside(
  { timezone, days, fromMinute, toMinute, firstDate = '', lastDate = '9999' }: Hours,
  at: number,
  clock = wallClock,
): boolean {
  const now = clock(at, timezone)
  const opensOn = ({ date, day }: WallClock) => days.includes(day) && date >= firstDate && date <= lastDate
  if (fromMinute < toMinute) return now.minute >= fromMinute && now.minute < toMinute && opensOn(now)
  if (now.minute >= fromMinute && opensOn(now)) return true
  // Noon of the day before, give or take the hour of a change: its date and weekday are what counts.
  return now.minute < toMinute && opensOn(clock(at - (now.minute + 12 * 60) * minuteMs, timezone))
}

/** `Mon, Tue from 22:00 to 02:00 in Europe/Berlin, from 2026-12-01 to 2026-12-20` */
export function hoursText({ timezone, days, fromMinute, toMinute, firstDate, lastDate }: Hours): string {
  const dates = `${firstDate === undefined ? '' : ` from ${firstDate}`}${lastDate === undefined ? '' : ` to ${lastDate}`}`
  const names = days.length === 7 ? 'every day' : days.map((day) => dayNames[day]).join(', ')
  return `${names} from ${clockText(fromMinute)} to ${clockText(toMinute)} in ${timezone}${dates === '' ? '' : `,${dates}`}`
}

/** `Sat 2026-01-10 11:00 in Europe/Berlin` */
export function momentText(at: number, timezone: string): string {
  const { date, day, time } = wallClock(at, timezone)
  return `${dayNames[day]} ${date} ${time} in ${timezone}`
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
