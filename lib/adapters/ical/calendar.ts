import ICAL from 'ical.js'
import { FaultlineError } from '../../domain/errors.ts'
import { type Calendar, type Span, wallClock } from '../../domain/hours.ts'

/** A daily entry reaches this after 250 years; what repeats more often is refused. */
const mostOccurrences = 100_000

type Entry = InstanceType<typeof ICAL.Event>
type Time = InstanceType<typeof ICAL.Time>
type Component = InstanceType<typeof ICAL.Component>

/** A zone by its IANA name, by what this Node knows of it; calendars define most zones themselves, which then holds. */
class PlaceZone extends ICAL.Timezone {
  override utcOffset(time: Time): number {
    const wall = wallMs(time)
    // The offset of about that time, then the one of the very time: they differ near a change only.
    const about = offsetMs(wall, this.tzid)
    return offsetMs(wall - about, this.tzid) / 1000
  }
}

function offsetMs(at: number, timezone: string): number {
  const { date, time } = wallClock(at, timezone)
  return Date.parse(`${date}T${time}Z`) - Math.floor(at / 60_000) * 60_000
}

/**
 * Reads an iCalendar text (RFC 5545): each VEVENT, with its repetitions, exceptions and moved occurrences, is a freeze, unless it is
 * cancelled. `timezone` is that of whole days and of times without a zone. @throws FaultlineError `bad_input` naming what cannot be read
 */
export function readCalendar(text: string, { name, timezone }: { readonly name: string; readonly timezone: string }): Calendar {
  const components = parsed(text, name).getAllSubcomponents('vevent')
  for (const component of components) check(component, name)
  const moved = components.filter((one) => one.hasProperty('recurrence-id'))
  const entries = components
    .filter((one) => !one.hasProperty('recurrence-id'))
    .map((one) => new ICAL.Event(one, { strictExceptions: true, exceptions: moved.filter((other) => uidOf(other) === uidOf(one)) }))
  const others = moved.map((one) => new ICAL.Event(one, { strictExceptions: true, exceptions: [] }))
  const calendar: Calendar = {
    name,
    during: (span) => {
      const ms = msIn(new PlaceZone({ tzid: timezone }))
      return [
        ...entries.flatMap((entry) => occurrences(entry, { ...span, ms, name })),
        ...others.flatMap((one) => spanOf(one, one.startDate, ms)),
      ]
    },
  }
  // Looks at the first occurrence of each, so that a rule that cannot be followed is told now.
  calendar.during({ from: 0, to: 0 })
  return calendar
}

function parsed(text: string, name: string): Component {
  try {
    const root = ICAL.parse(text)
    if (root[0] !== 'vcalendar') throw new TypeError('it is not one VCALENDAR')
    return new ICAL.Component(root)
  } catch (error) {
    throw unreadable(name, (error as Error).message, error)
  }
}

/** What an entry has to say, and what of it would be understood wrongly in silence. */
function check(component: Component, name: string): void {
  const what = `entry "${titleOf(component)}"`
  if (!component.hasProperty('dtstart')) throw unreadable(name, `${what} has no DTSTART`)
  const rules = component.getAllProperties('rrule').map((property) => String(property.getFirstValue()))
  const often = rules.find((rule) => /FREQ=(SECONDLY|MINUTELY|HOURLY)/.test(rule))
  if (often !== undefined) throw unreadable(name, `${what} repeats more than daily (${often}): make it one entry that lasts`)
  for (const key of ['dtstart', 'dtend', 'rdate', 'exdate', 'recurrence-id']) {
    for (const property of component.getAllProperties(key)) {
      const tzid = property.getParameter('tzid')
      // Before its value is read for the first time, which is then kept.
      if (typeof tzid === 'string' && component.getTimeZoneByID(tzid) === null) makeKnown(tzid, `${name}, ${what}`)
      const said = String(property.toJSON()[3])
      if (said !== readAs(property)) throw unreadable(name, `${what}: ${key.toUpperCase()} ${said} is no date`)
    }
  }
}

function makeKnown(tzid: string, where: string): void {
  if (ICAL.TimezoneService.has(tzid)) return
  if (!isPlace(tzid)) throw unreadable(where, `time zone "${tzid}" is neither defined in the file nor a name that IANA has`)
  ICAL.TimezoneService.register(new PlaceZone({ tzid }), tzid)
}

/** A day that no month has is counted on into the next one, which a person did not mean. */
function readAs(property: InstanceType<typeof ICAL.Property>): string | null {
  try {
    return String(property.getFirstValue())
  } catch {
    return null
  }
}

function isPlace(timezone: string): boolean {
  try {
    wallClock(0, timezone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Wall clocks are within 14 hours of UTC; a day more for changes of offset inside an entry. */
const roughMs = 2 * 86_400_000

interface Reading extends Span {
  readonly ms: (time: Time) => number
  readonly name: string
}

/** Every occurrence lasts exactly as long as the entry itself, also over a change of clocks; whole days are as long as they are. */
function spanOf(
  { component, startDate, endDate, duration }: Entry,
  from: Time,
  ms: Reading['ms'],
): readonly (Span & { readonly what: string })[] {
  if (component.getFirstPropertyValue('status') === 'CANCELLED') return []
  const end = from.clone()
  end.addDuration(duration)
  const to = from.isDate ? ms(end) : ms(from) + ms(endDate) - ms(startDate)
  return [{ from: ms(from), to, what: titleOf(component) }]
}

/** Those about that time, in order; for a few the time itself decides. */
function occurrences(entry: Entry, { from, to, ms, name }: Reading): readonly (Span & { readonly what: string })[] {
  const found: (Span & { readonly what: string })[] = []
  try {
    const lastsMs = entry.duration.toSeconds() * 1000
    const hasShifts = entry.rangeExceptions.length > 0
    const earlierMs = mostEarlierMs(entry)
    const each = entry.iterator()
    for (let n = 0; n < mostOccurrences; n++) {
      const next = each.next()
      if (!next) return found
      // Zones are slow to ask: far from what is looked for the wall clock is near enough.
      const rough = wallMs(next)
      if (rough - roughMs - earlierMs > to) return found
      if (rough + lastsMs + roughMs < from && !hasShifts) continue
      const { item, startDate } = entry.getOccurrenceDetails(next)
      found.push(...spanOf(item, startDate, ms))
    }
  } catch (error) {
    throw unreadable(name, `entry "${titleOf(entry.component)}": ${(error as Error).message}`, error)
  }
  throw unreadable(name, `entry "${titleOf(entry.component)}" repeats more than ${mostOccurrences} times: begin it later`)
}

/** How much earlier than their rule says its occurrences may begin, once all from one on are moved. */
function mostEarlierMs({ rangeExceptions, exceptions }: Entry): number {
  const moved = rangeExceptions.flatMap(([, id]) => exceptions[id] ?? [])
  return Math.max(0, ...moved.map(({ recurrenceId, startDate }) => wallMs(recurrenceId) - wallMs(startDate)))
}

function msIn(zone: PlaceZone): (time: Time) => number {
  return (time) => {
    if (!time.isDate && time.zone !== ICAL.Timezone.localTimezone) return time.toUnixTime() * 1000
    return wallMs(time) - zone.utcOffset(time) * 1000
  }
}

/** As if its wall clock showed UTC. */
function wallMs({ year, month, day, hour, minute, second }: Time): number {
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function uidOf(component: Component): string {
  return String(component.getFirstPropertyValue('uid'))
}

function titleOf(component: Component): string {
  return String(component.getFirstPropertyValue('summary') ?? component.getFirstPropertyValue('uid') ?? 'without a name')
}

function unreadable(name: string, why: string, cause?: unknown): FaultlineError {
  return new FaultlineError('bad_input', `${name} is not a calendar that can be read: ${why}`, { cause })
}
