import { describe, expect, it } from '@jest/globals'
import { dateAndTime, duration, lateness, timeOfDay } from '../../lib/report/durations.ts'
import { figuresInShort, figuresWithBefore, withFigures } from '../../lib/report/figures.ts'
import { table } from '../../lib/report/table.ts'

const figure = (target: string, name: string, value: number | string, unit = '') => ({ target, name, unit, value })

describe('durations', () => {
  it.each([
    [0, '0 s'],
    [40, '0 s'],
    [420, '0.4 s'],
    [9_940, '9.9 s'],
    [9_950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [185_000, '3 min 5 s'],
    [3_600_000, '1 h'],
    [3_725_000, '1 h 2 min'],
    [-21_000, '-21 s'],
  ])('of %d ms read %s', (ms, text) => {
    expect(duration(ms)).toBe(text)
  })

  it('before a planned end are early', () => {
    expect([lateness(400), lateness(-54_000)]).toEqual(['0.4 s', '54 s early'])
  })
})

describe('times', () => {
  it('are UTC and never later than what they tell of', () => {
    expect(timeOfDay(Date.UTC(2026, 0, 5, 9, 0, 59, 999))).toBe('09:00:59Z')
    expect(dateAndTime(Date.UTC(2026, 0, 5, 9, 0, 59, 999))).toBe('2026-01-05T09:00:59Z')
  })
})

describe('figures', () => {
  it('of many targets become one when all are the same', () => {
    expect(figuresInShort([figure('a', 'canary', 'open'), figure('b', 'canary', 'open')])).toBe('canary open')
  })

  it('become a range of numbers', () => {
    expect(figuresInShort([figure('a', 'memory', 120, 'MiB'), figure('b', 'memory', 122.51, 'MiB')])).toBe('memory 120–123 MiB')
  })

  it('are counted when they are words', () => {
    expect(figuresInShort(['open', 'closed', 'closed'].map((value) => figure('a', 'canary', value)))).toBe('canary 1 open, 2 closed')
  })

  it('leave out a unit that says nothing', () => {
    expect(figuresInShort([figure('a', 'restarts', 2, 'count')])).toBe('restarts 2')
  })

  it('stand behind a sentence that does not say them, and never how long the effect is held', () => {
    const measured = [figure('a', 'before memory', 20, 'MiB'), figure('a', 'memory', 276, 'MiB'), figure('a', 'held for', 3, 'ms')]
    expect(withFigures('a: memory 276 MiB', measured)).toBe('a: memory 276 MiB (before: memory 20 MiB)')
    expect(withFigures('it is cut off', measured)).toBe('it is cut off [memory 276 MiB] (before: memory 20 MiB)')
    expect(withFigures('it is gone', [])).toBe('it is gone')
  })

  it('tell what was measured before apart', () => {
    expect(figuresWithBefore([figure('a', 'before cpu', 0.05, 'cores'), figure('a', 'cpu', 1, 'cores')])).toBe(
      'cpu 1 cores (before: cpu 0.05 cores)',
    )
  })
})

describe('a table', () => {
  it('has columns as wide as their widest cell and no blanks at the ends', () => {
    expect(
      table(
        ['#', 'name'],
        [
          ['1', 'a'],
          ['20', 'long'],
        ],
      ),
    ).toEqual(['#   name', '1   a', '20  long'])
  })
})
