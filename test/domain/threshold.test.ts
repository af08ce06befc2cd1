import { describe, expect, it } from '@jest/globals'
import type { ProbeSample, ThresholdSpec } from '../../lib/domain/probe.ts'
import type { ThresholdState } from '../../lib/domain/threshold.ts'
import { calm, crossedText, follow, longestGapMs, thresholdText } from '../../lib/domain/threshold.ts'

const spec: ThresholdSpec = { name: 't', probe: 'errors', op: '>', limit: 0.1, forMs: 10_000, severity: 'critical', action: 'abort' }
const gapMs = 15_000

/** Follows answers given as [second, value]; what changed, and when. */
function changes(
  answers: readonly (readonly [number, ProbeSample['value']])[],
  change: Partial<ThresholdSpec> = {},
  from: ThresholdState = calm,
) {
  let state = from
  const found: string[] = []
  for (const [second, value] of answers) {
    const next = follow(state, { spec: { ...spec, ...change }, gapMs }, { value, at: second * 1000 })
    state = next.state
    if (next.change !== null) found.push(`${second} ${next.change}`)
  }
  return { found, state }
}

describe('a threshold', () => {
  it('is crossed when every value was on the wrong side for its time, and told once', () => {
    expect(
      changes([
        [0, 0.2],
        [5, 0.3],
        [9.999, 0.2],
        [10, 0.2],
        [15, 0.4],
      ]).found,
    ).toEqual(['10 crossed'])
  })

  it('without a time is crossed by the first value', () => {
    expect(
      changes(
        [
          [0, 0.1],
          [5, 0.11],
        ],
        { forMs: 0 },
      ).found,
    ).toEqual(['5 crossed'])
  })

  it('begins anew after one value on the right side', () => {
    expect(
      changes([
        [0, 0.2],
        [5, 0.1],
        [8, 0.2],
        [15, 0.2],
        [18, 0.2],
      ]).found,
    ).toEqual(['18 crossed'])
  })

  it('is told again once it has recovered', () => {
    const flapping = [
      [0, 1],
      [1, 0],
      [2, 1],
      [3, 0],
    ] as const
    expect(changes(flapping, { forMs: 0 }).found).toEqual(['0 crossed', '1 recovered', '2 crossed', '3 recovered'])
  })

  it('is neither begun nor ended by an answer that could not be had', () => {
    expect(
      changes([
        [0, 0.2],
        [5, null],
        [10, 0.2],
        [11, null],
        [12, 0.2],
      ]).found,
    ).toEqual(['10 crossed'])
    expect(
      changes(
        [
          [0, null],
          [20, null],
        ],
        { forMs: 0 },
      ).found,
    ).toEqual([])
  })

  it('begins anew after a gap in which nothing was measured', () => {
    expect(
      changes([
        [0, 0.2],
        [5, null],
        [16, 0.2],
        [20, 0.2],
      ]).found,
    ).toEqual([])
    expect(
      changes([
        [0, 0.2],
        [16, 0.2],
        [26, 0.2],
      ]).found,
    ).toEqual(['26 crossed'])
  })

  it('that is crossed stays so over a gap', () => {
    expect(
      changes(
        [
          [0, 0.2],
          [60, 0.2],
          [61, 0],
        ],
        { forMs: 0 },
      ).found,
    ).toEqual(['0 crossed', '61 recovered'])
  })

  it('takes numbers that came as text, and no other text', () => {
    expect(
      changes(
        [
          [0, '0.2'],
          [1, 'no answer'],
          [2, ''],
        ],
        { forMs: 0 },
      ).found,
    ).toEqual(['0 crossed'])
  })

  it.each([
    ['<', 0.09],
    ['<=', 0.1],
    ['==', 0.1],
    ['!=', 0.2],
    ['>=', 0.1],
    ['>', 0.11],
  ] as const)('compares with %s', (op, value) => {
    expect(changes([[0, value]], { forMs: 0, op }).found).toEqual(['0 crossed'])
    expect(changes([[0, op === '!=' ? 0.1 : op === '==' ? 0.2 : 0.2 - value]], { forMs: 0, op, limit: 0.1 }).found).toEqual(
      op === '<=' || op === '>=' ? ['0 crossed'] : [],
    )
  })

  it('comes to the same state from the same answers, in every driver', () => {
    const answers = [
      [0, 0.2],
      [5, 0.2],
      [9, null],
      [10, 0.2],
      [12, 0],
      [14, 0.2],
    ] as const
    for (let cut = 0; cut <= answers.length; cut++) {
      const first = changes(answers.slice(0, cut))
      const second = changes(answers.slice(cut), {}, first.state)
      expect([...first.found, ...second.found]).toEqual(['10 crossed', '12 recovered'])
    }
  })

  it('allows gaps of three intervals, and of 15 s at least', () => {
    expect(longestGapMs({ intervalMs: 1_000, timeoutMs: 5_000 })).toBe(15_000)
    expect(longestGapMs({ intervalMs: 30_000, timeoutMs: 5_000 })).toBe(95_000)
  })

  it('is told in a few words', () => {
    expect(thresholdText(spec)).toBe('errors > 0.1 for 10 s')
    const crossing = {
      threshold: 't',
      probe: 'errors',
      value: 0.4,
      op: '>',
      limit: 0.1,
      forMs: 0,
      severity: 'warning',
      action: 'notify',
      since: 0,
    } as const
    expect(crossedText(crossing)).toBe('warning threshold crossed: t (errors > 0.1): it is 0.4')
    expect(crossedText({ ...crossing, threshold: 'errors > 0.1' })).toBe('warning threshold crossed: errors > 0.1: it is 0.4')
  })
})
