import { describe, expect, it } from '@jest/globals'
import type { StartWindow } from '../../../lib/domain/suite.ts'
import { outsideWindow } from '../../../lib/engine/acts/window.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'

const office: StartWindow = { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 16 * 60 }
const night: StartWindow = { days: [1], fromMinute: 22 * 60, toMinute: 2 * 60 }

function at(time: string, window: StartWindow | null, kind: 'schedule' | 'manual' = 'schedule') {
  const schedule = { cron: '0 10 ? * * *', rate: null, timezone: 'Europe/Berlin', enabled: true, cluster: null, window }
  const suite = suiteOf([stepOf(partition)], { schedule })
  return outsideWindow({ suite, trigger: { kind, key: 'k', by: 'test' } }, Date.parse(time))
}

describe('the window of a schedule', () => {
  it.each([
    ['2026-01-05T08:00:00Z', 'Monday 09:00 in Berlin'],
    ['2026-01-09T14:59:59Z', 'Friday 15:59'],
    ['2026-07-06T07:00:00Z', 'Monday 09:00 in summer'],
  ])('lets a start through at %s (%s)', (time) => {
    expect(at(time, office)).toBeNull()
  })

  it.each(['2026-01-05T07:59:59Z', '2026-01-05T15:00:00Z', '2026-01-10T10:00:00Z'])('refuses a start at %s', (time) => {
    expect(at(time, office)).toMatchObject({ code: 'outside_window', step: null })
  })

  it('says when it is and what is allowed', () => {
    expect(at('2026-01-10T10:00:00Z', office)?.message).toBe(
      'it is Sat 11:00 in Europe/Berlin; scheduled starts are allowed Mon, Tue, Wed, Thu, Fri from 09:00 to 16:00',
    )
  })

  it.each([
    ['2026-01-05T21:00:00Z', true],
    ['2026-01-06T00:59:59Z', true],
    ['2026-01-06T01:00:00Z', false],
    ['2026-01-06T21:00:00Z', false],
    ['2026-01-05T00:30:00Z', false],
  ])('that goes over midnight belongs to the day on which it began: %s', (time, inside) => {
    expect(at(time, night) === null).toBe(inside)
  })

  it('binds no person, and no suite without one', () => {
    expect([at('2026-01-10T10:00:00Z', office, 'manual'), at('2026-01-10T10:00:00Z', null)]).toEqual([null, null])
  })
})
