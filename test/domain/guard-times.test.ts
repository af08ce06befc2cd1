import { describe, expect, it, jest } from '@jest/globals'
import type { GuardRule } from '../../lib/domain/guard-rules.ts'
import { judgeLateness, judgeSchedule, judgeTimes, plannedSpans } from '../../lib/domain/guard-times.ts'
import type { Calendar, Freeze, Hours } from '../../lib/domain/hours.ts'
import type { Trigger } from '../../lib/domain/run.ts'
import type { StartWindow } from '../../lib/domain/suite.ts'
import { partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'

const minuteMs = 60_000
const office: Hours = { timezone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 16 * 60 }
const evening: Hours = { ...office, days: [6], fromMinute: 20 * 60, toMinute: 22 * 60 }
/** 10 minutes of quiet, 30 of Delete, 60 of rest, 30 of Cut. */
const suite = suiteOf(
  [
    stepOf(podDelete, { name: 'Delete', durationMs: 30 * minuteMs, intervalMs: 60 * minuteMs }),
    stepOf(partition, { name: 'Cut', durationMs: 30 * minuteMs }),
  ],
  { graceBeforeMs: 10 * minuteMs },
)
const judged = (rules: readonly GuardRule[], time: string, longestMs: readonly number[] = []) =>
  judgeTimes(rules, suite, plannedSpans(suite, Date.parse(time), longestMs))
const allowed = 'allowed: Mon, Tue, Wed, Thu, Fri from 09:00 to 16:00 in Europe/Berlin'

describe('windows', () => {
  it.each<readonly [string, readonly Hours[], string, readonly (readonly [number | null, string])[]]>([
    ['let a start through that ends inside', [office], '2026-01-05T12:50:00Z', []],
    [
      'refuse the step that would reach beyond the end',
      [office],
      '2026-01-05T12:51:00Z',
      [[1, `step Cut would be going on at Mon 2026-01-05 16:00 in Europe/Berlin; ${allowed}`]],
    ],
    [
      'refuse every step that would be outside',
      [office],
      '2026-01-05T14:30:00Z',
      [
        [0, `step Delete would be going on at Mon 2026-01-05 16:00 in Europe/Berlin; ${allowed}`],
        [1, `step Cut would be going on at Mon 2026-01-05 17:10 in Europe/Berlin; ${allowed}`],
      ],
    ],
    [
      'tell a start that is outside once',
      [office],
      '2026-01-05T07:59:59Z',
      [[null, `the start is at Mon 2026-01-05 08:59 in Europe/Berlin; ${allowed}`]],
    ],
    [
      'allow any of several',
      [office, evening],
      '2026-01-10T19:00:00Z',
      [[1, expect.stringContaining('step Cut would be going on at Sat 2026-01-10 22:00')]],
    ] as never,
    [
      'may be left and come into again while the run rests',
      [
        { ...office, toMinute: 9 * 60 + 45 },
        { ...office, fromMinute: 10 * 60 + 40 },
      ],
      '2026-01-05T08:05:00Z',
      [],
    ],
  ])('%s', (_, windows, time, refusals) => {
    const found = judged([{ windows }], time)
    expect(found.map(({ step, message }) => [step, message])).toEqual(refusals)
    expect(found.every(({ code }) => code === 'outside_window')).toBe(true)
  })

  it('hold a step for as long as it may take, and the next one from when it is planned', () => {
    const time = '2026-01-05T12:50:00Z'
    expect(judged([{ windows: [office] }], time, [90 * minuteMs, 30 * minuteMs])).toEqual([])
    expect(judged([{ windows: [office] }], time, [30 * minuteMs, 31 * minuteMs]).map(({ step }) => step)).toEqual([1])
    expect(judged([{ windows: [office] }], time, [141 * minuteMs]).map(({ step }) => step)).toEqual([0])
  })

  it('of several rules hold together', () => {
    const rules = [{ windows: [office] }, { windows: [{ ...office, fromMinute: 10 * 60 }] }]
    expect(judged(rules, '2026-01-05T08:30:00Z')).toHaveLength(1)
    expect(judged(rules, '2026-01-05T07:30:00Z')).toHaveLength(2)
    expect(judged([], '2026-01-05T03:00:00Z')).toEqual([])
  })
})

describe('freezes', () => {
  const berlin = { timezone: 'Europe/Berlin' }
  const why = (what: string) => [`nothing is to be done now or before the last step is over: ${what}`]
  const day: Freeze = { ...berlin, from: '2026-03-29', to: '2026-03-29', why: 'Clocks change' }

  it.each<readonly [string, Freeze, string, readonly string[]]>([
    ['do not bind what is over before them', { ...berlin, from: '2026-01-05T13:10', to: '2026-01-06' }, '2026-01-05T10:00:00Z', []],
    [
      'bind what would reach into them',
      { ...berlin, from: '2026-01-05T13:09', to: '2026-01-06' },
      '2026-01-05T10:00:00Z',
      why('freeze (2026-01-05T13:09 to 2026-01-06 in Europe/Berlin)'),
    ],
    [
      'bind a rest as little as what comes after it',
      { ...berlin, from: '2026-01-05T11:40', to: '2026-01-05T12:40' },
      '2026-01-05T10:00:00Z',
      [],
    ],
    ['bind a start at their first minute', day, '2026-03-28T23:00:00Z', why('Clocks change (2026-03-29 to 2026-03-29 in Europe/Berlin)')],
    ['last as long as a day with a change', day, '2026-03-29T21:59:59Z', why('Clocks change (2026-03-29 to 2026-03-29 in Europe/Berlin)')],
    ['are over with it', day, '2026-03-29T22:00:00Z', []],
    ['end at a time of day', { ...berlin, from: '2026-01-05', to: '2026-01-05T11:00' }, '2026-01-05T10:00:00Z', []],
    [
      'last to the minute before that',
      { ...berlin, from: '2026-01-05', to: '2026-01-05T11:00' },
      '2026-01-05T09:59:59Z',
      why('freeze (2026-01-05 to 2026-01-05T11:00 in Europe/Berlin)'),
    ],
    ['know a leap day', { timezone: 'UTC', from: '2028-02-29', to: '2028-02-29' }, '2028-03-01T00:00:00Z', []],
    [
      'last to the end of a leap day',
      { timezone: 'UTC', from: '2028-02-29', to: '2028-02-29' },
      '2028-02-29T23:59:00Z',
      why('freeze (2028-02-29 to 2028-02-29 in UTC)'),
    ],
    [
      'last through both hours that clocks show twice',
      { ...berlin, from: '2026-10-25T02:00', to: '2026-10-25T03:00' },
      '2026-10-25T01:59:00Z',
      why('freeze (2026-10-25T02:00 to 2026-10-25T03:00 in Europe/Berlin)'),
    ],
  ])('%s', (_, freeze, time, messages) => {
    expect(judged([{ freezes: [freeze] }], time).map(({ message }) => message)).toEqual(messages)
  })

  it('of a calendar are told once each, with what it calls them and where they stand', () => {
    const entry = (from: string, to: string, what: string) => ({ from: Date.parse(from), to: Date.parse(to), what })
    const calendar: Calendar = {
      name: 'freezes.ics',
      during: () => [
        entry('2026-01-05T10:20:00Z', '2026-01-05T12:00:00Z', 'Release'),
        entry('2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z', 'Over by then'),
        entry('2026-01-05T10:40:00Z', '2026-01-05T11:40:00Z', 'While it rests'),
      ],
    }
    expect(judged([{ calendars: [calendar] }], '2026-01-05T10:00:00Z').map(({ message }) => message)).toEqual(
      why('Release (freezes.ics: Mon 2026-01-05 10:20Z to Mon 2026-01-05 12:00Z)'),
    )
  })
})

it('many windows and freezes ask a zone once for each minute of the steps', () => {
  const shown = jest.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts')
  const freeze: Freeze = { timezone: 'Europe/Berlin', from: '2026-12-20', to: '2026-12-21' }
  const rule = { windows: Array.from({ length: 20 }, () => evening).concat(office), freezes: Array.from({ length: 100 }, () => freeze) }
  expect(judged([rule, rule], '2026-01-05T08:00:00Z')).toEqual([])
  const asked = shown.mock.calls.length
  shown.mockRestore()
  // The start, and two steps of 30 minutes.
  expect(asked).toBeLessThanOrEqual(1 + 2 * 30)
})

describe('a late start', () => {
  const due = Date.parse('2026-01-05T09:00:00Z')
  const trigger: Trigger = { kind: 'schedule', key: 'k', by: 'test', scheduledAt: due }

  it.each<readonly [string, readonly GuardRule[], number, boolean]>([
    ['may be as late as the scheduler tries', [], 900, false],
    ['may be no later', [], 901, true],
    ['may be as late as the rule says', [{ latestStart: 60 }], 60, false],
    ['may be no later than the rule says', [{ latestStart: 60 }], 61, true],
    ['is bound by the narrowest', [{ latestStart: 60 }, { latestStart: 5 }], 6, true],
    ['is bound in any case', [{ latestStart: 7200 }], 901, true],
    ['may be on time only', [{ latestStart: 0 }], 0, false],
  ])('%s', (_, rules, seconds, isRefused) => {
    expect(judgeLateness(rules, trigger, due + seconds * 1000).length > 0).toBe(isRefused)
  })

  it('says how late it is; a start by hand is never late', () => {
    const [refusal] = judgeLateness([{ latestStart: 60 }], trigger, due + 3_600_000)
    expect(refusal).toEqual({
      code: 'outside_window',
      step: null,
      message: 'the start comes 3600 s after its time; allowed: 60 s; it is left out',
    })
    expect(judgeLateness([{ latestStart: 0 }], { kind: 'manual', key: 'k', by: 'test' }, due)).toEqual([])
  })
})

describe('the window of a schedule', () => {
  const window: StartWindow = { days: [1], fromMinute: 22 * 60, toMinute: 2 * 60 }
  const at = (time: string, kind: Trigger['kind'] = 'schedule', its: StartWindow | null = window) =>
    judgeSchedule(
      { cron: '0 10 ? * * *', rate: null, timezone: 'Europe/Berlin', enabled: true, cluster: null, window: its },
      { kind, key: 'k', by: 'test' },
      Date.parse(time),
    )

  it('binds scheduled starts', () => {
    expect(at('2026-01-06T00:59:59Z')).toEqual([])
    expect(at('2026-01-06T01:00:00Z')).toEqual([
      {
        code: 'outside_window',
        step: null,
        message: 'it is Tue 2026-01-06 02:00 in Europe/Berlin; scheduled starts are allowed Mon from 22:00 to 02:00 in Europe/Berlin',
      },
    ])
  })

  it('binds no person, and no suite without one', () => {
    expect([at('2026-01-10T10:00:00Z', 'manual'), at('2026-01-10T10:00:00Z', 'schedule', null)]).toEqual([[], []])
  })
})
