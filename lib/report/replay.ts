import type { ReportDocument, StepDocument } from './document.ts'
import { duration } from './durations.ts'
import { verdictWords } from './report-summary.ts'

/** One thing that is not as it was. */
export interface Difference {
  /** What it is of: a step's name, or `run`. */
  readonly of: string
  readonly what: string
  readonly before: string
  readonly now: string
}

/** Shorter differences of a recovery are chance: readiness probes ask every few seconds. */
const tellingMs = 5_000

/** What a run found that is not as it was in the run that it repeats: the place, the targets, and what became of them. Pure. */
export function replayDifferences(before: ReportDocument, now: ReportDocument): readonly Difference[] {
  const pods = ({ baseline }: ReportDocument) => (baseline === null ? 'not looked at' : `${baseline.ready} of ${baseline.total} ready`)
  return [
    ...different('run', 'cluster', [before.cluster.uid, now.cluster.uid], [before.cluster.name, now.cluster.name]),
    ...different('run', 'namespace', [before.namespace, now.namespace]),
    ...different('run', 'seed', [String(before.seed), String(now.seed)]),
    ...different('run', 'pods before', [pods(before), pods(now)]),
    ...different('run', 'verdict', [verdictWords(before.verdict), verdictWords(now.verdict)]),
    ...different('run', 'reasons', [before.reasons.join('; '), now.reasons.join('; ')]),
    ...now.steps.flatMap((step, i) => ofStep(before.steps[i], step)),
  ]
}

function ofStep(before: StepDocument | undefined, now: StepDocument): readonly Difference[] {
  if (before === undefined) return []
  const targets = (step: StepDocument) => step.targets.map(({ name }) => name).join(', ')
  const nodes = (step: StepDocument) => step.targets.map(({ node }) => node).join(', ')
  const times = (['undoneAfterMs', 'recoveryMs'] as const).flatMap((key) => {
    const [a, b] = [before[key], now[key]]
    if (a === null || b === null || Math.abs(a - b) < tellingMs) return []
    return [{ of: now.name, what: key === 'recoveryMs' ? 'recovered after' : 'undone after', before: duration(a), now: duration(b) }]
  })
  return [
    ...different(now.name, 'targets', [targets(before), targets(now)]),
    ...different(now.name, 'nodes', [nodes(before), nodes(now)]),
    ...different(now.name, 'verdict', [verdictWords(before.verdict), verdictWords(now.verdict)]),
    ...different(now.name, 'probes', [scoreOf(before), scoreOf(now)]),
    ...times,
  ]
}

const scoreOf = ({ score }: StepDocument) => (score === null ? 'no score' : `score ${Math.round(score)}`)

/** `shown` where what is compared is nothing for people. */
function different(
  of: string,
  what: string,
  [a, b]: readonly [string, string],
  shown: readonly [string, string] = [a, b],
): readonly Difference[] {
  return a === b ? [] : [{ of, what, before: shown[0] || '-', now: shown[1] || '-' }]
}
