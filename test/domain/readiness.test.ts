import { describe, expect, it } from '@jest/globals'
import type { ReadyCount } from '../../lib/domain/readiness.ts'
import { readinessAt, readinessText, readinessWatch, watchedProbes, withCount } from '../../lib/domain/readiness.ts'
import { probeOf } from '../support/probes.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'

const baseline = { ready: 3, total: 3 }
const suite = suiteOf([stepOf(partition)])

function counted(...counts: readonly (readonly [at: number, ready: number | null])[]): ReadyCount {
  const count = counts.reduce<ReadyCount | null>((before, [at, value]) => withCount(before, { at, value }, 3), null)
  if (count === null) throw new Error('nothing was counted')
  return count
}

describe('how few pods were ready', () => {
  it.each([
    [
      'all the time',
      [
        [0, 3],
        [5_000, 3],
      ],
      10_000,
      { fewest: 3, of: 3, forMs: 10_000, at: 0 },
      'never fewer than 3 pods were ready',
    ],
    [
      'as long as the next count is another one',
      [
        [0, 3],
        [5_000, 1],
        [10_000, 0],
        [30_000, 2],
        [35_000, 3],
      ],
      40_000,
      { fewest: 0, of: 3, forMs: 20_000, at: 10_000 },
      '0 of 3 pods were ready for 20 s',
    ],
    [
      'twice, in all',
      [
        [0, 1],
        [5_000, 3],
        [10_000, 1],
        [15_000, 3],
      ],
      20_000,
      { fewest: 1, of: 3, forMs: 10_000, at: 0 },
      '1 of 3 pods was ready for 10 s',
    ],
    [
      'until now',
      [
        [0, 3],
        [5_000, 0],
      ],
      12_000,
      { fewest: 0, of: 3, forMs: 7_000, at: 5_000 },
      '0 of 3 pods were ready for 7 s',
    ],
    [
      'not while nothing could be counted',
      [
        [0, 0],
        [5_000, null],
        [10_000, null],
        [15_000, 3],
      ],
      20_000,
      { fewest: 0, of: 3, forMs: 5_000, at: 0 },
      '0 of 3 pods were ready for 5 s',
    ],
  ] as const)('is told: %s', (_, counts, now, expected, text) => {
    const readiness = readinessAt(counted(...counts), now)
    expect(readiness).toEqual(expected)
    expect(readinessText(readiness)).toBe(text)
  })

  it('begins with the first count that said something', () => {
    expect(withCount(null, { at: 0, value: null }, 3)).toBeNull()
  })
})

describe('what a run is measured by', () => {
  it('is the readiness of its pods where its suite has no probe, from the start on', () => {
    expect(watchedProbes({ suite, baseline })).toMatchObject([
      { name: 'ready pods', source: { selector: suite.selector }, tolerance: { op: '>=', value: 3 }, intervalMs: 5_000 },
    ])
    expect(readinessWatch({ suite, baseline: null })).toBeNull()
  })

  it('is its probes where it has any', () => {
    const probed = { ...suite, probes: [probeOf('errors')] }
    expect(watchedProbes({ suite: probed, baseline })).toBe(probed.probes)
  })

  it('costs the API server no more where there are many pods', () => {
    expect(readinessWatch({ suite, baseline: { ready: 3_000, total: 3_000 } })?.intervalMs).toBe(30_000)
  })
})
