import { valueText } from '../../lib/domain/value-text.ts'
import type { ChartProbe } from '../../lib/report/html/chart-data.ts'

/** One answer of a probe with its time, ms since epoch. */
export interface Answer {
  readonly at: number
  /** Null when nothing could be measured. */
  readonly value: number | string | null
  readonly within: boolean | null
  /** Why nothing could be measured; '' else. */
  readonly why: string
  /** Instead of value and tolerance; '' where those say it. */
  readonly says: string
}

/** Columns as answers again. */
export function answersOf({ answers }: Pick<ChartProbe, 'answers'>, from: number): readonly Answer[] {
  const whys = new Map(answers.missing.map(([index, why]) => [index, answers.whys[why] ?? '']))
  let at = from
  return answers.gaps.map((gap, i) => {
    at += gap
    const sign = answers.within[i]
    return {
      at,
      value: answers.values[i] ?? null,
      within: sign === '?' ? null : sign === '+',
      why: whys.get(i) ?? '',
      says: answers.says?.[i] ?? '',
    }
  })
}

/** Index of the answer that is nearest to a time; -1 when there is none. Times are in order. */
export function nearest(times: readonly number[], at: number): number {
  let low = 0
  let high = times.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) <= at) low = middle
    else high = middle
  }
  return Math.abs((times[low] ?? Number.POSITIVE_INFINITY) - at) <= Math.abs((times[high] ?? Number.POSITIVE_INFINITY) - at) ? low : high
}

/** An answer in words: `0.37, out of tolerance (allowed: ≤ 0.05)`. */
export function answerText({ value, within, why, says }: Answer, { unit, allowed }: Pick<ChartProbe, 'unit' | 'allowed'>): string {
  if (says !== '') return says
  if (within === null) return `no answer: ${why}`
  return `${valueText(value, unit)}, ${within ? 'within tolerance' : `out of tolerance (allowed: ${allowed})`}`
}
