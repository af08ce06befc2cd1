import { describe, expect, it } from '@jest/globals'
import { expressionOf } from '../../deploy/aws/schedules.ts'
import { nextDate } from '../../lib/suite/cron-dates.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { playSchedule } from '../../sandbox/aws/scheduler.ts'

function parsed(schedule: unknown) {
  const step = { name: 'Kill', type: 'node_failure', params: { failure_type: 'pod-kill' }, duration: 1 }
  return parseSuite(JSON.stringify({ name: 'S', schedule, experiments: [step] }), 's.json')
}

function problems(schedule: unknown): readonly string[] {
  const result = parsed(schedule)
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('a schedule', () => {
  it('gets its defaults', () => {
    expect(parsed({ cron: '0 10 ? * MON-FRI *' })).toMatchObject({
      ok: true,
      suite: { schedule: { cron: '0 10 ? * MON-FRI *', rate: null, timezone: 'UTC', enabled: true, cluster: null, window: null } },
    })
    expect(parsed(undefined)).toMatchObject({ ok: true, suite: { schedule: null } })
  })

  it('has a window in minutes of the day', () => {
    expect(
      parsed({ rate: '7 days', timezone: 'Europe/Berlin', window: { days: ['FRI', 'MON'], from: '09:30', to: '16:00' } }),
    ).toMatchObject({
      suite: { schedule: { window: { days: [1, 5], fromMinute: 570, toMinute: 960 } } },
    })
  })

  const good = [
    '0 10 ? * MON-FRI *',
    '0/5 8-18 * * ? 2027',
    '15,45 0 L * ? *',
    '0 0 15W 1,7 ? *',
    '0 9 ? JAN-MAR 2#1 2026-2030',
    '0 9 ? * 6L *',
    '*/10 * * * ? *',
    '0 10 29 2 ? *',
    '0 10 ? 2 3#5 2028,2056',
    '0 10 31W 1,4 ? *',
    '0 10 LW 2 ? *',
  ]
  it.each(good)('may be %s, which AWS knows, and which fires here too', (cron) => {
    expect(problems({ cron })).toEqual([])
    const played = playSchedule(
      { name: 's', expression: `cron(${cron})`, timezone: 'Europe/Berlin', target: 'start', input: '{}' },
      () => undefined,
    )
    expect(played.nextRun()).toBeInstanceOf(Date)
    played.stop()
  })

  it.each([
    ['0 10 * * MON', /has 5 fields, not the six of AWS .*: AWS wants a sixth one, the year/],
    ['cron(0 10 ? * MON *)', /write the six fields alone, without `cron\(…\)`/],
    ['0 10 * * MON *', /exactly one of day of month and day of week must be `\?`, found neither/],
    ['0 10 ? * ? *', /found both/],
    ['60 10 ? * MON *', /minutes: `60` is not 0 to 59/],
    ['0 24 ? * MON *', /hours: `24` is not 0 to 23/],
    ['0 10 32 * ? *', /day of month: `32`/],
    ['0 10 ? 13 MON *', /month: `13` is not 1 to 12 or JAN to DEC/],
    ['0 10 ? * MO *', /day of week: `MO` is not 1 to 7 or SUN to SAT/],
    ['0 10 ? * MON 1969', /year: `1969`/],
    ['5-1 10 ? * MON *', /minutes: `5-1`/],
    ['0/0 10 ? * MON *', /minutes: `0\/0`/],
    ['0 10 ?,1 * MON *', /day of month/],
    ['0 10 31 FEB ? *', /`0 10 31 FEB \? \*` never comes: there is no such date in any of its years/],
    ['0 10 30,31 2 ? *', /never comes/],
    ['0 10 29 2 ? 2027', /never comes/],
    ['0 10 31 4,6,9,11 ? *', /never comes/],
    ['0 10 31W 2 ? *', /never comes/],
    ['0 10 ? 2 2#5 2027', /never comes/],
  ])('may not be %s', (cron, message) => {
    expect(problems({ cron })).toEqual([expect.stringMatching(message)])
  })

  it.each([
    [{}, /schedule: says nothing of when: give `cron` or `rate`/],
    [{ cron: '0 10 ? * MON *', rate: '7 days' }, /schedule\.rate: stands beside `cron`: give one of them/],
    [{ rate: '0 days' }, /schedule\.rate: `0 days` is not a rate/],
    [{ rate: '7 weeks' }, /is not a rate/],
    [{ cron: '0 10 ? * MON *', timezone: 'Europe/Berln' }, /`Europe\/Berln` is not an IANA time zone: did you mean `Europe\/Berlin`\?/],
    [{ cron: '0 10 ? * MON *', timezone: '+01:00' }, /not an IANA time zone/],
    [{ cron: '0 10 ? * MON *', timezone: 'europe/berlin' }, /did you mean `Europe\/Berlin`/],
    [
      { cron: '0 10 ? * MON *', timezone: 'BST' },
      /`BST` is an abbreviation, which may stand for several zones; name the place, e\.g\. `Europe\/London`/,
    ],
    [{ cron: '0 10 ? * MON *', timezone: 'EST' }, /e\.g\. `America\/New_York`/],
    [{ cron: '0 10 ? * MON *', timezone: 'PST8PDT' }, /e\.g\. `America\/Los_Angeles`/],
    [{ cron: '0 10 ? * MON *', timezone: 'IST' }, /e\.g\. `Asia\/Kolkata`, `Europe\/Dublin` or `Asia\/Jerusalem`/],
    [{ cron: '0 10 ? * MON *', enable: true }, /`enable`: did you mean `enabled`\?/],
    [{ cron: '0 10 ? * MON *', window: { from: '9:00', to: '16:00' } }, /`9:00` is not a time of day/],
    [{ cron: '0 10 ? * MON *', window: { from: '09:00', to: '09:00' } }, /nothing could ever start/],
    [{ cron: '0 10 ? * MON *', window: { days: ['Monday'], from: '09:00', to: '10:00' } }, /`Monday`/],
  ])('%j is explained', (schedule, message) => {
    expect(problems(schedule)).toEqual([expect.stringMatching(message)])
  })

  it.each(['UTC', 'GMT', 'Europe/Berlin', 'US/Eastern', 'Asia/Calcutta', 'Japan'])('may be in the time zone %s', (timezone) => {
    expect(problems({ cron: '0 10 ? * MON *', timezone })).toEqual([])
  })

  it('whose dates are all over is warned of, and may still be started by hand', () => {
    const [past, over] = [parsed({ cron: '0 10 1 * ? 2020' }), parsed({ cron: '0 10 1 * ? 2020', enabled: false })]
    expect(past).toMatchObject({
      ok: true,
      warnings: ['schedule.cron: `0 10 1 * ? 2020` lies in the past: it will never start by itself again'],
    })
    expect(over).toMatchObject({ ok: true, warnings: [] })
  })

  it.each([
    ['0 10 31 * ? *', { year: 2027, month: 4, day: 1 }, { year: 2027, month: 5, day: 31 }],
    ['0 10 29 2 ? *', { year: 2096, month: 3, day: 1 }, { year: 2104, month: 2, day: 29 }],
    ['0 10 ? * 6L *', { year: 2026, month: 11, day: 28 }, { year: 2026, month: 12, day: 25 }],
    ['0 10 ? 2 L 2028', { year: 2026, month: 11, day: 1 }, { year: 2028, month: 2, day: 5 }],
    ['0 10 15W * ? *', { year: 2026, month: 11, day: 1 }, { year: 2026, month: 11, day: 16 }],
    ['0 10 LW * ? *', { year: 2027, month: 1, day: 1 }, { year: 2027, month: 1, day: 29 }],
    ['0 10 1/10 * ? 2026-2027', { year: 2026, month: 11, day: 12 }, { year: 2026, month: 11, day: 21 }],
    ['0 10 ? JAN-MAR MON#1 *', { year: 2026, month: 11, day: 1 }, { year: 2027, month: 1, day: 4 }],
    ['0 10 1 * ? 2020', { year: 2021, month: 1, day: 1 }, undefined],
  ])('%s comes next, after %j, on %j', (cron, from, next) => {
    expect(nextDate(cron, from)).toEqual(next)
  })

  it.each([
    [{ cron: '0  10 ? * mon-fri *', rate: null }, 'cron(0 10 ? * MON-FRI *)'],
    [{ cron: null, rate: '1 days' }, 'rate(1 day)'],
    [{ cron: null, rate: '2 hour' }, 'rate(2 hours)'],
  ])('is deployed as AWS writes it: %j', (schedule, expression) => {
    expect(expressionOf(schedule)).toBe(expression)
  })
})
