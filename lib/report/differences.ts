import { type Change, changeOfScore, changeOfTime, changeOfVerdict } from './change.ts'
import type { ReportDocument, StepDocument } from './document.ts'
import { lateness } from './durations.ts'
import { scoreText, verdictWords } from './report-summary.ts'

/** One thing that is not as it was. */
export interface Difference {
  /** What it is of: a step's name, or `run`. */
  readonly of: string
  readonly what: string
  readonly before: string
  readonly now: string
  readonly change: Change
}

/** What one run found that another did not: the place, the targets, and what became of them, in the order of the report. Pure. */
export function differencesOf(before: ReportDocument, now: ReportDocument): readonly Difference[] {
  const pods = ({ baseline }: ReportDocument) => (baseline === null ? 'not looked at' : `${baseline.ready} of ${baseline.total} ready`)
  const step = pairing(before.steps, now.steps)
  return [
    ...different('run', 'suite', [before.suite.name, now.suite.name]),
    ...different('run', 'cluster', [before.cluster.uid, now.cluster.uid], [before.cluster.name, now.cluster.name]),
    ...different('run', 'namespace', [before.namespace, now.namespace]),
    ...different('run', 'seed', [String(before.seed), String(now.seed)]),
    ...different('run', 'pods before', [pods(before), pods(now)]),
    ...ofBoth('run', before, now),
    ...different('run', 'reasons', [before.reasons.join('; '), now.reasons.join('; ')]),
    ...judged('run', 'orphans', [before.orphans, now.orphans].map(String), now.orphans > before.orphans ? 'worse' : 'better'),
    ...now.steps.flatMap((each) => ofStep(step.get(each), each)),
    ...before.steps
      .filter((each) => ![...step.values()].includes(each))
      .flatMap(({ name, verdict }) => different(name, 'step', [verdictWords(verdict), 'is none'])),
  ]
}

/** Which step is meant by which: the one of its name, of several the one at its place among them. */
function pairing(before: readonly StepDocument[], now: readonly StepDocument[]): ReadonlyMap<StepDocument, StepDocument | undefined> {
  const nth = (steps: readonly StepDocument[], index: number) =>
    steps.slice(0, index).filter(({ name }) => name === steps[index]?.name).length
  return new Map(now.map((step, i) => [step, before.filter(({ name }) => name === step.name)[nth(now, i)]]))
}

function ofStep(before: StepDocument | undefined, now: StepDocument): readonly Difference[] {
  if (before === undefined) return different(now.name, 'step', ['is none', verdictWords(now.verdict)])
  const targets = (step: StepDocument) => step.targets.map(({ name }) => name).join(', ')
  const nodes = (step: StepDocument) => step.targets.map(({ node }) => node).join(', ')
  return [
    ...different(now.name, 'does', [JSON.stringify(before.params), JSON.stringify(now.params)], ['something else', 'something else']),
    ...different(now.name, 'targets', [targets(before), targets(now)]),
    ...different(now.name, 'nodes', [nodes(before), nodes(now)]),
    ...ofBoth(now.name, before, now),
    ...times.flatMap(([what, key]) => {
      const [a, b] = [before[key], now[key]]
      return judged(now.name, what, [a, b].map(lengthText), changeOfTime(a, b))
    }),
  ]
}

const times = [
  ['detected after', 'detectMs'],
  ['undone after', 'undoneAfterMs'],
  ['recovered after', 'recoveryMs'],
] as const

const lengthText = (ms: number | null) => (ms === null ? '-' : lateness(ms))

type Judged = Pick<StepDocument, 'verdict' | 'score'> | Pick<ReportDocument, 'verdict' | 'score'>

function ofBoth(of: string, before: Judged, now: Judged): readonly Difference[] {
  return [
    ...judged(of, 'verdict', [before, now].map(({ verdict }) => verdictWords(verdict)), changeOfVerdict(before.verdict, now.verdict)), // biome-ignore format: one look
    ...judged(of, 'score', [before, now].map(({ score }) => (score === null ? 'none' : scoreText(score))), changeOfScore(before.score, now.score)), // biome-ignore format: one look
  ]
}

function judged(of: string, what: string, texts: readonly string[], change: Change | null): readonly Difference[] {
  const [before = '-', now = '-'] = texts
  return change === null || before === now ? [] : [{ of, what, before, now, change }]
}

/** `shown` where what is compared is nothing for people. */
function different(
  of: string,
  what: string,
  [a, b]: readonly [string, string],
  shown: readonly [string, string] = [a, b],
): readonly Difference[] {
  return a === b ? [] : [{ of, what, before: shown[0] || '-', now: shown[1] || '-', change: 'other' }]
}
