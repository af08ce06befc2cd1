import { describe, expect, it } from '@jest/globals'
import { fitSuite } from '../../lib/domain/fit-suite.ts'
import { plannedSpans } from '../../lib/domain/guard-times.ts'
import type { Step } from '../../lib/domain/suite.ts'
import { blockOf, blocksOf, earlierBeside, inOrderOfBegin, mayOverlap, offsetsOf, plannedMs } from '../../lib/domain/together.ts'
import { memory, partition, stepOf, suiteOf } from '../support/suites.ts'

function member(name: string, change: { readonly delayMs?: number; readonly after?: readonly string[]; readonly for?: number } = {}): Step {
  const { delayMs = 0, after = [], for: durationMs = 10_000 } = change
  return stepOf(partition, { name, durationMs, intervalMs: 0, together: { group: 'g', delayMs, after } })
}

/** Alone, then a fault that holds over two others of which one waits for the other, then alone again. */
const steps = [
  stepOf(memory, { name: 'first' }),
  member('fill', { for: 60_000 }),
  member('cut', { delayMs: 5_000, for: 20_000 }),
  member('slow', { after: ['cut'], delayMs: 3_000 }),
  stepOf(memory, { name: 'last' }),
]

describe('blocks', () => {
  it('are neighbours of one group, and each step without a group alone', () => {
    expect(blocksOf(steps)).toEqual([
      { first: 0, last: 0 },
      { first: 1, last: 3 },
      { first: 4, last: 4 },
    ])
    expect(blockOf(steps, 2)).toEqual({ first: 1, last: 3 })
  })

  it('take as long as their last fault, counted from its own begin', () => {
    expect([1, 2, 3].map((index) => offsetsOf(steps, index))).toEqual([
      { fromMs: 0, toMs: 60_000 },
      { fromMs: 5_000, toMs: 25_000 },
      { fromMs: 28_000, toMs: 38_000 },
    ])
    expect(plannedMs({ graceBeforeMs: 1_000, graceAfterMs: 2_000, steps })).toBe(1_000 + 10_000 + 2_000 + 60_000 + 0 + 10_000 + 2_000)
  })

  it('are judged by freezes and windows each step at its own time', () => {
    const spans = plannedSpans(suiteOf(steps), 0, [0, 0, 50_000, 0, 0])
    expect(spans.map(({ from, to }) => [from, to])).toEqual([
      [0, 0],
      [1_000, 11_000],
      [13_000, 73_000],
      [18_000, 68_000],
      [41_000, 51_000],
      [73_000, 83_000],
    ])
  })

  it('are shortened as a whole, delays with them', () => {
    const fitted = fitSuite(suiteOf(steps), 134_000)
    if (!fitted.ok) throw new Error('it fits')
    expect(fitted.suite.steps.map(({ durationMs, together }) => [durationMs, together?.delayMs])).toEqual([
      [5_000, undefined],
      [30_000, 0],
      [10_000, 2_500],
      [5_000, 1_500],
      [5_000, undefined],
    ])
    expect(fitSuite(suiteOf(steps), 133_000)).toMatchObject({ ok: false })
  })

  it('do not hang on steps that wait for each other in a ring, which no suite file may have', () => {
    const ring = [member('a', { after: ['b'] }), member('b', { after: ['a'] })]
    expect(offsetsOf(ring, 0).fromMs).toBeLessThanOrEqual(40_000)
    expect(mayOverlap(ring, 0, 1)).toBe(false)
  })
})

describe('mayOverlap', () => {
  it('is so of all pairs of a group but those of which one waits for the other, through others, too', () => {
    const chain = [member('a'), member('b', { after: ['a'] }), member('c', { after: ['b'] }), member('d', { delayMs: 3_600_000 })]
    const pairs = chain.flatMap((_, i) => chain.flatMap((_, j) => (mayOverlap(chain, i, j) ? [`${i}${j}`] : [])))
    expect(pairs).toEqual(['03', '13', '23', '30', '31', '32'])
  })

  it('is never so of steps of different groups, or of a step whose group is left out but for itself', () => {
    expect(mayOverlap(steps, 0, 1)).toBe(false)
    expect(mayOverlap([member('a')], 0, 0)).toBe(false)
  })
})

describe('the order of begin', () => {
  it('is that of planned times, and of the suite where they are one', () => {
    const group = [member('late', { delayMs: 10 }), member('a'), member('b'), member('later', { after: ['a'] })]
    expect(inOrderOfBegin(group, 0)).toEqual([1, 2, 0, 3])
    expect(earlierBeside(group, 0)).toEqual([1, 2])
    expect(earlierBeside(group, 3)).toEqual([2, 0])
    expect(earlierBeside(group, 1)).toEqual([])
  })
})
