import { describe, expect, it } from '@jest/globals'
import type { Run } from '../../lib/domain/run.ts'
import { trendsOf } from '../../lib/report/trend.ts'
import { aborted, at, cutDone } from './records.ts'

/** A run that began on hour `n`, with what its one step came to. */
function run(n: number, step: Partial<typeof cutDone> = {}, change: Partial<Run> = {}): Run {
  const steps = [{ ...cutDone, score: 100, ...step }]
  return { ...aborted, id: `shop-${n}`, status: 'succeeded', abort: null, requestedAt: at(3600 * n), steps, ...change } as Run
}

const changes = (...runs: readonly Run[]) => trendsOf(runs)[0]?.changes.map(({ what, change }) => [what, change])

describe('the trend of a suite', () => {
  it('is told oldest first, in numbers of its worst step', () => {
    const [trend] = trendsOf([run(2, { detectedAt: at(10), revertedAt: at(33), recoveredAt: at(35) }), run(1)])
    expect(trend?.runs.map((each) => each.run)).toEqual(['shop-1', 'shop-2'])
    expect(trend?.runs[1]).toMatchObject({ detectMs: 7_000, recoveryMs: 2_000, undoneAfterMs: 10_000, score: 100, succeeded: 1, all: 1 })
    expect(trend?.comparedWith).toBe(1)
  })

  it.each([
    ['a score that falls', { score: 97 }, [['score', 'worse']]],
    ['a score one answer lower', { score: 99.2 }, []],
    ['a recovery that takes 5 s more', { recoveredAt: at(30) }, [['recovered after', 'worse']]],
    ['a recovery that takes 4.9 s more', { recoveredAt: at(29.9) }, []],
    ['a late undo', { revertedAt: at(60), recoveredAt: at(61.6) }, [['undone after', 'worse']]],
    ['a fault that did nothing', { verdict: 'no_effect' as const }, []],
  ])('judges %s against the median of those before', (_, step, expected) => {
    expect(changes(run(1), run(2), run(3, { recoveredAt: at(90), score: 50 }), run(4, step))).toEqual(expected)
  })

  it('judges the verdict against the run before it', () => {
    expect(changes(run(1), run(2, {}, { status: 'failed' }), run(3))).toEqual([['verdict', 'better']])
    expect(changes(run(1), run(2), run(3, {}, { status: 'aborted' }))).toEqual([['verdict', 'worse']])
  })

  it('does not compare with runs whose suite did or expected something else', () => {
    const [first] = aborted.suite.steps
    if (first === undefined) throw new Error('no step')
    const longer = { ...aborted.suite, steps: [{ ...first, durationMs: 90_000 }] }
    const [trend] = trendsOf([run(1, { score: 50 }, { suite: longer }), run(2)])
    expect(trend).toMatchObject({ comparedWith: 0, changes: [] })
    const renamed = { ...aborted.suite, name: 'Shop 2', description: 'Another text.' }
    expect(trendsOf([run(1, {}, { suite: renamed }), run(2)])[0]?.comparedWith).toBe(1)
  })

  it('keeps clusters and namespaces apart, and leaves out what is not over or was refused', () => {
    const elsewhere = { cluster: { ...aborted.cluster, uid: 'c2', name: 'prod' } }
    const trends = trendsOf([
      run(1),
      run(2, {}, { namespace: 'other' }),
      run(3, {}, elsewhere),
      run(4, {}, { status: 'refused' }),
      run(5, {}, { status: 'verifying' } as Partial<Run>),
    ])
    expect(trends.map(({ cluster, namespace, runs }) => [cluster.name, namespace, runs.length])).toEqual([
      ['prod', 'shop', 1],
      ['staging', 'other', 1],
      ['staging', 'shop', 1],
    ])
  })
})
