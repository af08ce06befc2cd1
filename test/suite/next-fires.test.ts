import { describe, expect, it } from '@jest/globals'
import { nextFires } from '../../lib/suite/next-fires.ts'

const at = (text: string) => Date.parse(text)
const texts = (cron: string, timezone: string, now: string, count = 3) =>
  nextFires(cron, timezone, { now: at(now), count }).next.map(({ text }) => text)

describe('when a schedule fires next', () => {
  it('is told in its own zone, with the offset', () => {
    expect(texts('30 3 ? * MON-FRI *', 'Europe/Berlin', '2026-11-27T12:00:00Z')).toEqual([
      'Mon 2026-11-30 03:30 +01:00',
      'Tue 2026-12-01 03:30 +01:00',
      'Wed 2026-12-02 03:30 +01:00',
    ])
    expect(texts('0 9 1 * ? *', 'America/New_York', '2026-11-28T12:00:00Z', 1)).toEqual(['Tue 2026-12-01 09:00 -05:00'])
    expect(texts('0/20 22-23 * * ? *', 'Asia/Kolkata', '2026-11-28T17:45:00Z')).toEqual([
      'Sat 2026-11-28 23:20 +05:30',
      'Sat 2026-11-28 23:40 +05:30',
      'Sun 2026-11-29 22:00 +05:30',
    ])
  })

  it('is over where the expression has no more dates, and just after is not now', () => {
    expect(texts('0 9 29 2 ? 2028', 'UTC', '2026-11-28T12:00:00Z')).toEqual(['Tue 2028-02-29 09:00 +00:00'])
    expect(texts('0 9 * * ? 2025', 'UTC', '2026-11-28T12:00:00Z')).toEqual([])
    expect(texts('0 9 * * ? *', 'UTC', '2026-11-28T09:00:00Z', 1)).toEqual(['Sun 2026-11-29 09:00 +00:00'])
  })

  it('leaves out a time that clocks skip in spring, and says which', () => {
    const { next, change } = nextFires('30 2 * * ? *', 'Europe/Berlin', { now: at('2027-03-27T00:00:00Z'), count: 3 })
    expect(next.map(({ text }) => text)).toEqual([
      'Sat 2027-03-27 02:30 +01:00',
      'Mon 2027-03-29 02:30 +02:00',
      'Tue 2027-03-30 02:30 +02:00',
    ])
    expect(change).toEqual({
      on: '2027-03-28',
      after: { at: at('2027-03-29T00:30:00Z'), text: 'Mon 2027-03-29 02:30 +02:00' },
      skipped: ['02:30'],
    })
  })

  it('fires once, at the first, where clocks show a time twice in autumn', () => {
    const { next, change } = nextFires('30 2 * * ? *', 'Europe/Berlin', { now: at('2026-10-24T12:00:00Z'), count: 2 })
    expect(next.map(({ at: ms }) => new Date(ms).toISOString())).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'])
    expect(change).toMatchObject({ on: '2026-10-25', skipped: [] })
    expect(nextFires('30 1 * * ? *', 'America/New_York', { now: at('2026-10-31T12:00:00Z'), count: 1 }).next[0]?.text).toBe(
      'Sun 2026-11-01 01:30 -04:00',
    )
  })

  it('knows of no change where there is none', () => {
    expect(nextFires('0 9 * * ? *', 'Asia/Kolkata', { now: at('2026-11-28T12:00:00Z'), count: 1 }).change).toBeNull()
  })
})
