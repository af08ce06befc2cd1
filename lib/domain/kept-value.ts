import type { ProbeSource, Tolerance } from './probe.ts'
import { cutTo } from './text.ts'

/** Words and versions are shorter; keys and tokens longer, or in a body that was not asked for. */
const longestText = 64
/** Of what is no endpoint's text. */
const longestOther = 200

/**
 * What is stored and told of a value once it was judged. Answers lie in the table, in events, alerts and reports for all who may read those,
 * so of a text that an endpoint gave no more is kept than the suite names itself: its own expectation, a number, or a short value that a path
 * or pattern picked. Of everything else, and of every other body, only the length.
 */
export function keptValue(
  { source, tolerance }: { readonly source: ProbeSource; readonly tolerance: Tolerance },
  value: number | string,
): number | string {
  if (typeof value === 'number') return value
  if (source.type !== 'http') return cutTo(value, longestOther)
  if (tolerance.kind === 'value' && String(tolerance.value) === value) return cutTo(value, longestText)
  if (value === noAnswer || (value.length <= longestText && value.trim() !== '' && Number.isFinite(Number(value)))) return value
  const isPicked = source.read.what === 'regex' || (source.read.what === 'jsonpath' && !/^[[{]/.test(value))
  return isPicked && value.length <= longestText ? cutTo(value, longestText) : `a text of ${value.length} characters`
}

/** The value of a probe whose endpoint gave no HTTP answer, or one of failure (5xx) that says nothing else: a measurement, out of every tolerance that does not name it. */
export const noAnswer = 'no answer'
