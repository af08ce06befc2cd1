import { describe, expect, it } from '@jest/globals'
import { type Hours, hoursText, isInside, momentText } from '../../lib/domain/hours.ts'

const everyDay = [0, 1, 2, 3, 4, 5, 6]
const workdays = [1, 2, 3, 4, 5]
const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
const hours = (timezone: string, from: string, to: string, change: Partial<Hours> = {}): Hours => ({
  timezone,
  days: everyDay,
  fromMinute: minute(from),
  toMinute: minute(to),
  ...change,
})

const office = hours('Europe/Berlin', '09:00', '16:00', { days: workdays })
const night = hours('Europe/Berlin', '22:00', '02:00', { days: [1] })
const leapDay = hours('America/New_York', '00:00', '00:00', { firstDate: '2028-02-29', lastDate: '2028-02-29' })
const leapNight = hours('UTC', '23:00', '01:00', { firstDate: '2028-02-29', lastDate: '2028-02-29' })
const week = hours('Asia/Kolkata', '10:00', '11:00', { firstDate: '2026-12-01', lastDate: '2026-12-05' })

describe('hours of days', () => {
  it.each<readonly [string, Hours, string, boolean]>([
    ['open at their first minute', office, '2026-01-05T08:00:00Z', true],
    ['are closed a second before it', office, '2026-01-05T07:59:59Z', false],
    ['are open to the last second', office, '2026-01-09T14:59:59Z', true],
    ['are closed at their end', office, '2026-01-09T15:00:00Z', false],
    ['are closed on other days', office, '2026-01-10T10:00:00Z', false],
    ['go by summer time in summer', office, '2026-07-06T07:00:00Z', true],
    ['are closed an hour before that in winter', office, '2026-01-05T07:00:00Z', false],
    ['over midnight are open in the evening', night, '2026-01-05T21:00:00Z', true],
    ['over midnight are open in the night after', night, '2026-01-06T00:59:59Z', true],
    ['over midnight close the next day', night, '2026-01-06T01:00:00Z', false],
    ['over midnight are not open in the evening of that', night, '2026-01-06T21:00:00Z', false],
    ['over midnight are not open in the night before', night, '2026-01-05T00:30:00Z', false],
    ['of a leap day begin with it', leapDay, '2028-02-29T05:00:00Z', true],
    ['of a leap day are closed before it', leapDay, '2028-02-29T04:59:59Z', false],
    ['of a leap day end with it', leapDay, '2028-03-01T04:59:59Z', true],
    ['of a leap day are closed after it', leapDay, '2028-03-01T05:00:00Z', false],
    ['of a night that begins on a leap day reach into March', leapNight, '2028-03-01T00:59:59Z', true],
    ['of a night that begins on a leap day are not those of the night before', leapNight, '2028-02-29T00:30:00Z', false],
    ['of dates begin on the first', week, '2026-12-01T04:30:00Z', true],
    ['of dates are closed the day before', week, '2026-11-30T04:30:00Z', false],
    ['of dates are open on the last', week, '2026-12-05T05:29:59Z', true],
    ['of dates are closed the day after', week, '2026-12-06T04:30:00Z', false],
  ])('%s', (_, window, time, inside) => {
    expect(isInside(window, Date.parse(time))).toBe(inside)
  })

  // 2026: Berlin 29 March and 25 October, New York 8 March and 1 November, Lord Howe (half an hour) 4 October and 5 April.
  it.each<readonly [string, Hours, string, boolean]>([
    ['Berlin skips 02:00 to 03:00: before', hours('Europe/Berlin', '01:59', '02:00'), '2026-03-29T00:59:59Z', true],
    ['Berlin skips 02:00 to 03:00: it never is', hours('Europe/Berlin', '02:00', '03:00'), '2026-03-29T01:00:00Z', false],
    ['Berlin skips 02:00 to 03:00: after', hours('Europe/Berlin', '03:00', '03:01'), '2026-03-29T01:00:00Z', true],
    ['Berlin has 02:30 twice: in summer time', hours('Europe/Berlin', '02:30', '02:31'), '2026-10-25T00:30:00Z', true],
    ['Berlin has 02:30 twice: in winter time', hours('Europe/Berlin', '02:30', '02:31'), '2026-10-25T01:30:00Z', true],
    ['Berlin has 02:30 twice: not in between', hours('Europe/Berlin', '02:30', '02:31'), '2026-10-25T01:00:00Z', false],
    ['New York skips 02:00 to 03:00', hours('America/New_York', '02:00', '03:00'), '2026-03-08T07:00:00Z', false],
    ['New York goes on at 03:00', hours('America/New_York', '03:00', '03:01'), '2026-03-08T07:00:00Z', true],
    ['New York has 01:30 twice: in summer time', hours('America/New_York', '01:30', '01:31'), '2026-11-01T05:30:00Z', true],
    ['New York has 01:30 twice: in winter time', hours('America/New_York', '01:30', '01:31'), '2026-11-01T06:30:00Z', true],
    ['Lord Howe skips 02:00 to 02:30', hours('Australia/Lord_Howe', '02:00', '02:30'), '2026-10-03T15:30:00Z', false],
    ['Lord Howe goes on at 02:30', hours('Australia/Lord_Howe', '02:30', '02:31'), '2026-10-03T15:30:00Z', true],
    ['Lord Howe has 01:45 twice: in summer time', hours('Australia/Lord_Howe', '01:45', '01:46'), '2026-04-04T14:45:00Z', true],
    ['Lord Howe has 01:45 twice: in winter time', hours('Australia/Lord_Howe', '01:45', '01:46'), '2026-04-04T15:15:00Z', true],
    [
      'a night over the change in spring ends by the clock',
      hours('Europe/Berlin', '22:00', '03:30', { days: [6] }),
      '2026-03-29T01:29:59Z',
      true,
    ],
    [
      'a night over the change in spring is over then',
      hours('Europe/Berlin', '22:00', '03:30', { days: [6] }),
      '2026-03-29T01:30:00Z',
      false,
    ],
    [
      'a night over the change in autumn ends by the clock',
      hours('Europe/Berlin', '22:00', '03:30', { days: [6] }),
      '2026-10-25T02:29:59Z',
      true,
    ],
    ['a night after the day of a change is its own', hours('Europe/Berlin', '22:00', '00:30', { days: [0] }), '2026-10-25T23:29:59Z', true],
  ])('where clocks change: %s', (_, window, time, inside) => {
    expect(isInside(window, Date.parse(time))).toBe(inside)
  })

  it('are told as people write them', () => {
    expect(hoursText(office)).toBe('Mon, Tue, Wed, Thu, Fri from 09:00 to 16:00 in Europe/Berlin')
    expect(hoursText(week)).toBe('every day from 10:00 to 11:00 in Asia/Kolkata, from 2026-12-01 to 2026-12-05')
    expect(momentText(Date.parse('2026-01-10T10:00:00Z'), 'Europe/Berlin')).toBe('Sat 2026-01-10 11:00 in Europe/Berlin')
  })
})
