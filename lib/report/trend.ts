import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { type Change, changeOfScore, changeOfTime, changeOfVerdict } from './change.ts'
import { type RunFigures, runFigures } from './run-figures.ts'

/** The runs of one suite at one place, oldest first, and how the newest stands against those before it. */
export interface Trend {
  readonly cluster: RunFigures['cluster']
  readonly namespace: string
  readonly runs: readonly RunFigures[]
  /** How many earlier runs the newest is compared with: those that did the same and expected the same. 0: there is nothing to compare. */
  readonly comparedWith: number
  readonly changes: readonly TrendChange[]
}

export interface TrendChange {
  readonly what: 'verdict' | 'score' | 'detected after' | 'recovered after' | 'undone after'
  /** The verdict of the run before it, or the median of all earlier ones: score 0 to 100, times in ms. */
  readonly before: number | string | null
  readonly now: number | string | null
  readonly change: Change
}

/**
 * One trend per cluster and namespace, that of the newest run first. Runs that are not over and refused ones say nothing of the workload
 * and are left out. Pure.
 */
export function trendsOf(runs: readonly Run[]): readonly Trend[] {
  const oldestFirst = runs
    .filter((run) => isEnded(run) && run.status !== 'refused')
    .map(runFigures)
    .sort((a, b) => a.requestedAt - b.requestedAt)
  const places = new Map<string, RunFigures[]>()
  for (const run of oldestFirst) {
    const place = JSON.stringify([run.cluster.uid, run.namespace])
    places.set(place, [...(places.get(place) ?? []), run])
  }
  const newest = (trend: Trend) => trend.runs.at(-1)?.requestedAt ?? 0
  return [...places.values()].map(trendOf).sort((a, b) => newest(b) - newest(a))
}

function trendOf(runs: readonly RunFigures[]): Trend {
  const now = runs.at(-1)
  if (now === undefined) throw new TypeError('a place without a run')
  const earlier = runs.slice(0, -1).filter(({ suiteDigest }) => suiteDigest === now.suiteDigest)
  return { cluster: now.cluster, namespace: now.namespace, runs, comparedWith: earlier.length, changes: changesOf(earlier, now) }
}

function changesOf(earlier: readonly RunFigures[], now: RunFigures): readonly TrendChange[] {
  const last = earlier.at(-1)
  if (last === undefined) return []
  const score = medianOf(earlier.map((run) => run.score))
  const found = [
    { what: 'verdict', before: last.verdict, now: now.verdict, change: changeOfVerdict(last.verdict, now.verdict) },
    { what: 'score', before: score, now: now.score, change: changeOfScore(score, now.score) },
    ...times.map(([what, key]) => {
      const before = medianOf(earlier.map((run) => run[key]))
      return { what, before, now: now[key], change: changeOfTime(before, now[key]) }
    }),
  ] as const
  return found.flatMap(({ change, ...rest }) => (change === null ? [] : [{ ...rest, change }]))
}

const times = [
  ['detected after', 'detectMs'],
  ['recovered after', 'recoveryMs'],
  ['undone after', 'undoneAfterMs'],
] as const

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b)
  const [low, high] = [known[Math.floor((known.length - 1) / 2)], known[Math.floor(known.length / 2)]]
  return low === undefined || high === undefined ? null : (low + high) / 2
}
