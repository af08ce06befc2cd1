import { counted } from '../../lib/domain/text.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { duration, lateness } from '../../lib/report/durations.ts'
import { scoreText, verdictWords } from '../../lib/report/report-summary.ts'
import type { RunFigures } from '../../lib/report/run-figures.ts'
import { table } from '../../lib/report/table.ts'
import { type Trend, type TrendChange, trendsOf } from '../../lib/report/trend.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { shortIds } from '../short-ids.ts'
import { suiteNameOf } from '../suite-file.ts'
import { print, type Terminal } from '../terminal.ts'

export interface TrendFlags extends WorkFlags {
  readonly limit: number
}

/** `faultline trend SUITE`: how its runs went, oldest first, and whether the newest is better or worse than those before. */
export function trend(named: string, flags: TrendFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store }) => {
    const suite = (await store.runs.list({ suite: named, limit: 1 })).length > 0 ? named : await suiteNameOf(named, {}, terminal)
    const trends = trendsOf(await loadRuns(store, await store.runs.list({ suite, limit: flags.limit })))
    if (flags.json === true) printJson(terminal, { suite, trends })
    else if (trends.length === 0) print(terminal.out, `no run of "${suite}" is over yet in ${flags.state}`)
    else for (const line of trends.flatMap((each, i) => [...(i === 0 ? [] : ['']), ...linesOf(suite, each)])) print(terminal.out, line)
    return exitCodes.succeeded
  })
}

function linesOf(suite: string, trend: Trend): readonly string[] {
  const { cluster, namespace, runs } = trend
  const ids = shortIds(runs.map(({ run }) => run))
  const newest = runs.at(-1)?.suiteDigest
  const rows = runs.map((run, i) => [
    `${ids[i] ?? run.run}${run.suiteDigest === newest ? '' : ' *'}`,
    verdictWords(run.verdict),
    run.score === null ? '-' : scoreText(run.score),
    `${run.succeeded}/${run.all}`,
    lengthText(run.detectMs),
    lengthText(run.recoveryMs),
    lateText(run.undoneAfterMs),
  ])
  return [
    `${suite} on ${clusterText(cluster)}, namespace ${namespace}: ${counted(runs.length, 'run')}`,
    ...table(['run', 'verdict', 'score', 'good', 'detect', 'recover', 'undo'], rows),
    ...(runs.some(({ suiteDigest }) => suiteDigest !== newest) ? ['* the suite did or expected something else then: not compared'] : []),
    ...changeLines(trend),
  ]
}

function changeLines({ comparedWith, changes }: Trend): readonly string[] {
  if (comparedWith === 0) return ['nothing to compare the newest with yet']
  const against = comparedWith === 1 ? 'the one before' : `the ${comparedWith} before`
  if (changes.length === 0) return [`the newest is as ${against}`]
  return changes.map((change) => {
    const before = change.what === 'verdict' ? 'the one before' : against
    return `${change.change === 'other' ? 'different from' : `${change.change} than`} ${before}: ${changeText(change)}`
  })
}

function changeText({ what, before, now }: TrendChange): string {
  const text = (value: number | string | null) =>
    typeof value === 'string' ? verdictWords(value as RunFigures['verdict']) : value === null ? 'none' : numberText(what, value)
  return `${what} ${text(now)} (${text(before)})`
}

const numberText = (what: TrendChange['what'], value: number) => (what === 'score' ? scoreText(value) : lateText(value))

const lengthText = (ms: number | null) => (ms === null ? '-' : duration(ms))
const lateText = (ms: number | null) => (ms === null ? '-' : lateness(ms))
