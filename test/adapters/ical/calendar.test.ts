import { describe, expect, it } from '@jest/globals'
import { readCalendar } from '../../../lib/adapters/ical/calendar.ts'

const calendarOf = (...lines: readonly string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR', ''].join('\r\n')
const entry = (...lines: readonly string[]) => ['BEGIN:VEVENT', 'UID:one', 'SUMMARY:Freeze', ...lines, 'END:VEVENT']
const berlin = (key: string, time: string) => `${key};TZID=Europe/Berlin:${time}`

const read = (text: string, timezone = 'Europe/Berlin') => readCalendar(text, { name: 'freezes.ics', timezone })
/** What of it begins or goes on in those hours, in UTC. */
const during = (text: string, from: string, to: string, timezone?: string) => {
  const span = { from: Date.parse(from), to: Date.parse(to) }
  return read(text, timezone)
    .during(span)
    .filter((one) => one.from < span.to && one.to > span.from)
    .map((one) => [new Date(one.from).toISOString().slice(0, 16), new Date(one.to).toISOString().slice(0, 16)])
}
const workdays = (...more: readonly string[]) =>
  entry(berlin('DTSTART', '20260105T080000'), berlin('DTEND', '20260105T180000'), 'RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', ...more)

describe('the entries of a calendar', () => {
  it.each<readonly [string, readonly string[], string, string, readonly (readonly string[])[]]>([
    [
      'in UTC',
      entry('DTSTART:20261220T180000Z', 'DTEND:20261221T060000Z'),
      '2026-12-20T00:00Z',
      '2026-12-22T00:00Z',
      [['2026-12-20T18:00', '2026-12-21T06:00']],
    ],
    [
      'with a duration',
      entry('DTSTART:20261220T180000Z', 'DURATION:PT90M'),
      '2026-12-20T00:00Z',
      '2026-12-22T00:00Z',
      [['2026-12-20T18:00', '2026-12-20T19:30']],
    ],
    [
      'of whole days, in the zone that is configured',
      entry('DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'),
      '2026-12-20T00:00Z',
      '2026-12-31T00:00Z',
      [['2026-12-23T23:00', '2026-12-26T23:00']],
    ],
    [
      'of one day without an end',
      entry('DTSTART;VALUE=DATE:20280229'),
      '2028-02-28T00:00Z',
      '2028-03-02T00:00Z',
      [['2028-02-28T23:00', '2028-02-29T23:00']],
    ],
    [
      'without a zone, in the zone that is configured',
      entry('DTSTART:20260705T090000', 'DTEND:20260705T100000'),
      '2026-07-05T00:00Z',
      '2026-07-06T00:00Z',
      [['2026-07-05T07:00', '2026-07-05T08:00']],
    ],
    [
      'that repeat, by the clock of their zone: winter',
      workdays(),
      '2026-03-27T00:00Z',
      '2026-03-28T00:00Z',
      [['2026-03-27T07:00', '2026-03-27T17:00']],
    ],
    [
      'that repeat, by the clock of their zone: summer',
      workdays(),
      '2026-03-28T00:00Z',
      '2026-03-31T00:00Z',
      [['2026-03-30T06:00', '2026-03-30T16:00']],
    ],
    ['that repeat, but for exceptions', workdays(berlin('EXDATE', '20260330T080000')), '2026-03-30T00:00Z', '2026-03-31T00:00Z', []],
    [
      'that repeat until a moment',
      entry(berlin('DTSTART', '20260105T080000'), berlin('DTEND', '20260105T180000'), 'RRULE:FREQ=DAILY;UNTIL=20260107T070000Z'),
      '2026-01-07T00:00Z',
      '2026-01-10T00:00Z',
      [['2026-01-07T07:00', '2026-01-07T17:00']],
    ],
    [
      'of every leap day',
      entry('DTSTART;VALUE=DATE:20240229', 'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29'),
      '2026-01-01T00:00Z',
      '2029-01-01T00:00Z',
      [['2028-02-28T23:00', '2028-02-29T23:00']],
    ],
    [
      'over a change of clocks',
      entry(berlin('DTSTART', '20261024T220000'), berlin('DTEND', '20261025T060000')),
      '2026-10-25T00:00Z',
      '2026-10-25T01:00Z',
      [['2026-10-24T20:00', '2026-10-25T05:00']],
    ],
    [
      'in New York',
      entry('DTSTART;TZID=America/New_York:20260308T013000', 'DTEND;TZID=America/New_York:20260308T033000'),
      '2026-03-08T00:00Z',
      '2026-03-09T00:00Z',
      [['2026-03-08T06:30', '2026-03-08T07:30']],
    ],
    [
      'that are cancelled do not count',
      entry('DTSTART:20261220T180000Z', 'DTEND:20261221T060000Z', 'STATUS:CANCELLED'),
      '2026-12-20T00:00Z',
      '2026-12-22T00:00Z',
      [],
    ],
  ])('%s', (_, lines, from, to, spans) => {
    expect(during(calendarOf(...lines), from, to)).toEqual(spans)
  })

  it('may be moved and cancelled one by one', () => {
    const moved = entry(
      berlin('RECURRENCE-ID', '20260108T080000'),
      berlin('DTSTART', '20260117T100000'),
      berlin('DTEND', '20260117T110000'),
    )
    const cancelled = entry(
      berlin('RECURRENCE-ID', '20260109T080000'),
      berlin('DTSTART', '20260109T080000'),
      berlin('DTEND', '20260109T180000'),
      'STATUS:CANCELLED',
    )
    const text = calendarOf(...workdays(), ...moved, ...cancelled)
    expect(during(text, '2026-01-07T00:00Z', '2026-01-10T00:00Z')).toEqual([['2026-01-07T07:00', '2026-01-07T17:00']])
    expect(during(text, '2026-01-17T00:00Z', '2026-01-18T00:00Z')).toEqual([['2026-01-17T09:00', '2026-01-17T10:00']])
  })

  it.each([
    ['earlier', '20260115', '2026-01-22', '2026-01-26'],
    ['later', '20260122', '2026-01-29', '2026-01-26'],
  ])('may be moved some days %s from one on', (_, day, moved, left) => {
    const weekly = entry(berlin('DTSTART', '20260105T080000'), berlin('DTEND', '20260105T180000'), 'RRULE:FREQ=WEEKLY')
    const from = entry(
      'RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260119T080000',
      berlin('DTSTART', `${day}T100000`),
      berlin('DTEND', `${day}T110000`),
    )
    const on = (date: string) => during(calendarOf(...weekly, ...from), `${date}T00:00Z`, `${date}T23:59Z`)
    expect(on(moved)).toEqual([[`${moved}T09:00`, `${moved}T10:00`]])
    expect(on(left)).toEqual([])
    expect(on('2026-01-12')).toEqual([['2026-01-12T07:00', '2026-01-12T17:00']])
  })

  it('may be in a zone that the file defines itself', () => {
    const zone = [
      'BEGIN:VTIMEZONE',
      'TZID:Head Office',
      'BEGIN:STANDARD',
      'DTSTART:19700101T000000',
      'TZOFFSETFROM:+0530',
      'TZOFFSETTO:+0530',
      'END:STANDARD',
      'END:VTIMEZONE',
    ]
    const text = calendarOf(...zone, ...entry('DTSTART;TZID=Head Office:20260105T090000', 'DTEND;TZID=Head Office:20260105T100000'))
    expect(during(text, '2026-01-05T00:00Z', '2026-01-06T00:00Z')).toEqual([['2026-01-05T03:30', '2026-01-05T04:30']])
  })

  it('may be none', () => {
    expect(during(calendarOf(), '2026-01-01T00:00Z', '2027-01-01T00:00Z')).toEqual([])
  })
})

describe('a calendar that cannot be read', () => {
  it.each([
    ['', 'it is not one VCALENDAR'],
    ['hello', 'invalid line'],
    ['BEGIN:VCALENDAR\r\nVERSION:2.0\r\n', 'component began but did not end'],
    [calendarOf(...entry()), 'entry "Freeze" has no DTSTART'],
    [calendarOf(...entry('DTSTART:20260230T000000Z')), 'entry "Freeze": DTSTART 2026-02-30T00:00:00Z is no date'],
    [calendarOf(...entry('DTSTART:someday')), 'entry "Freeze": DTSTART some-da-yT:: is no date'],
    [
      calendarOf(...entry('DTSTART;TZID=W. Europe:20260105T090000')),
      'time zone "W. Europe" is neither defined in the file nor a name that IANA has',
    ],
    [calendarOf(...entry('DTSTART:20260105T090000Z', 'RRULE:FREQ=HOURLY')), 'entry "Freeze" repeats more than daily (FREQ=HOURLY)'],
    [calendarOf(...entry('DTSTART:20260105T090000Z', 'RRULE:FREQ=SOMETIMES')), 'invalid frequency "SOMETIMES"'],
    [calendarOf(...entry('DTSTART:20260105T090000Z', 'RRULE:FREQ=MONTHLY;BYDAY=6FR')), 'entry "Freeze": Malformed values in BYDAY part'],
  ])('is refused with its name and what is wrong: %j', (text, why) => {
    expect(() => read(text)).toThrow(/^freezes\.ics.* is not a calendar that can be read: /)
    expect(() => read(text)).toThrow(why)
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'bad_input' }))
  })
})
