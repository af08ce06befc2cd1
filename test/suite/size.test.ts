import { describe, expect, it } from '@jest/globals'
import { parseSuite } from '../../lib/suite/parse.ts'

const names = (count: number) => Array.from({ length: count }, (_, n) => `jadevectordb-7c9f8d6b5-${n}`)

function problemsOf(experiments: readonly object[]): readonly (readonly [path: string, message: string])[] {
  const parsed = parseSuite(
    JSON.stringify({ name: 'S', experiments: experiments.map((step) => ({ name: 'A', duration: 10, ...step })) }),
    'f',
  )
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => [path, message])
}

const deletes = (targets: unknown) => ({ type: 'node_failure', params: { failure_type: 'pod-delete' }, targets })

describe('a suite that is larger than what is recorded of one', () => {
  it('is refused by validate where a step takes or names more than 10,000 targets', () => {
    expect(problemsOf([deletes({ count: 10_000 })])).toEqual([])
    expect(problemsOf([deletes({ count: 10_001 })])).toEqual([['experiments[0].targets.count', expect.stringContaining('10000')]])
    expect(problemsOf([deletes(names(10_000))])).toEqual([])
    expect(problemsOf([deletes(names(10_001))])).toEqual([['experiments[0].targets', expect.stringContaining('10000')]])
  })

  it('is refused by validate where it has more than 100 steps', () => {
    const steps = (count: number) => Array.from({ length: count }, () => deletes({ count: 10_000 }))
    expect(problemsOf(steps(100))).toEqual([])
    expect(problemsOf(steps(101))).toEqual([['experiments', expect.stringContaining('100')]])
  })

  it('is refused by validate where its file has more than 1 MB', () => {
    expect(problemsOf([{ ...deletes({ count: 1 }), description: 'd'.repeat(1_048_576) }])).toEqual([['', expect.stringContaining('1 MiB')]])
  })
})
