import type { Evidence, Measurement } from '../domain/injection.ts'
import type { StepVerdict } from '../domain/run.ts'
import type { ReportDocument, StepDocument } from './document.ts'
import { duration } from './durations.ts'
import { howMuch } from './fault-description.ts'
import { splitBefore, valuesInShort } from './figures.ts'
import { lateUndoText } from './late-undo.ts'
import { leftOutText } from './left-out.ts'

/** How a run ended, in one sentence for people. */
export function verdictSentence(document: ReportDocument): string {
  const ms = (at: string | null) => (at === null ? null : Date.parse(at))
  const late = lateUndoText(
    document.steps.map(({ name, plannedEnd, revertedAt }) => ({ name, plannedEnd: ms(plannedEnd), revertedAt: ms(revertedAt) })),
  )
  return [
    outcomeSentence(document),
    ...(document.leftOut === undefined ? [] : [`${leftOutText(document.leftOut, document.steps.length)}.`]),
    ...(late === null ? [] : [`Late: ${late}.`]),
    ...(document.cluster.simulated ? ['The cluster is simulated: none of it was real.'] : []),
  ].join(' ')
}

function outcomeSentence({ verdict, steps, endedAt, resolved }: ReportDocument): string {
  const good = steps.filter((step) => step.verdict === 'succeeded').length
  const all = steps.length
  if (endedAt === null) return `The run is not over: it is ${verdict.replaceAll('_', ' ')}.`
  if (verdict === 'refused') return 'It did not start: nothing was touched.'
  if (verdict === 'succeeded')
    return all === 1
      ? 'The fault was proven to bite and proven to be undone.'
      : `All ${all} faults were proven to bite and proven to be undone.`
  const proven =
    resolved !== null ? 'it is NOT proven that everything is undone: the run was ended by a person' : 'everything is proven to be undone'
  return `${good} of ${all} steps succeeded; ${proven}.`
}

/** Comparisons as people write them: `≤ 0.05`. */
export function comparisonText(text: string): string {
  return text.replace(/^(?:<=|>=|!=|==)(?= |$)/, (op) => signs[op] ?? op)
}

const signs: Readonly<Record<string, string>> = { '<=': '≤', '>=': '≥', '!=': '≠', '==': '=' }

/** A verdict as words. */
export function verdictWords(verdict: ReportDocument['verdict'] | StepVerdict): string {
  return verdict.replaceAll('_', ' ')
}

/** What a step does, without its duration: `memory exhaustion, medium`. */
export function faultWords({ fault, params }: StepDocument): string {
  const more =
    params.type === 'resource_exhaustion'
      ? howMuch(params)
      : params.type === 'network_partition' ||
          params.type === 'network_degradation' ||
          params.type === 'dns_failure' ||
          params.type === 'http_fault'
        ? params.kind
        : null
  return `${fault.replaceAll('-', ' ')}${more === null ? '' : `, ${more}`}`
}

/** `0 of 3 for 20 s`, or `3 of 3`. */
export function readyFigure({ fewest, of, forMs }: NonNullable<StepDocument['readiness']>): string {
  return `${fewest} of ${of}${fewest < of ? ` for ${duration(forMs)}` : ''}`
}

/** The times of a step that are worth a look, as names and lengths. */
export function stepFigures(step: StepDocument): readonly (readonly [string, string])[] {
  const length = (name: string, ms: number | null) => (ms === null ? [] : [[name, duration(ms)] as const])
  return [
    ['planned', duration(step.plannedMs)] as const,
    ...length('active', step.activeMs),
    ...(step.undoneAfterMs === null
      ? []
      : [
          [
            step.undoneAfterMs < 0 ? 'undone before its planned end' : 'undone after its planned end',
            duration(Math.abs(step.undoneAfterMs)),
          ] as const,
        ]),
    ...length('recovered after', step.recoveryMs),
    ...length('detected after', step.detectMs),
    ...length('steady again after', step.steadyMs),
    ...(step.readiness === null ? [] : [['ready', readyFigure(step.readiness)] as const]),
    ...(step.score === null ? [] : [['score', scoreText(step.score)] as const]),
  ]
}

/** A resilience score for people: whole, and 100 only when nothing was missed. */
export function scoreText(score: number): string {
  return score < 100 ? String(Math.min(99, Math.round(score))) : '100'
}

/** What a run's score was made from: `of 100`, or only the steps that have one, when the run ended before the others. */
export function scoreBasis(steps: readonly { readonly score: number | null }[]): string {
  const scored = steps.filter((step) => step.score !== null).length
  return scored === steps.length ? 'of 100' : `from ${scored} of ${steps.length} steps`
}

/** What a look at a fault answers: does it bite (during, end), is it gone (after); '' before it. */
export function findingText({ phase, finding }: Pick<Evidence, 'phase' | 'finding'>): string {
  if (phase === 'before') return ''
  if (finding === 'unknown') return 'unknown'
  if (phase === 'after') return finding === 'yes' ? 'gone' : 'NOT gone'
  return finding === 'yes' ? 'bites' : 'does not bite'
}

type Answers = Pick<StepDocument['probes'][number], 'asked' | 'within' | 'unknown' | 'afterwards'>

/** A probe's answers while the fault was active, which are what the reasons speak of: the one after it is counted apart. */
export function answersDuring({ asked, within, unknown, afterwards }: Answers): Omit<Answers, 'afterwards'> {
  return {
    asked: asked - Number(afterwards !== null),
    within: within - Number(afterwards === 'within'),
    unknown: unknown - Number(afterwards === 'unknown'),
  }
}

/** The answers of a probe for a table: `0 of 27, 1 unknown; after the fault within`. */
export function answersText(answers: Answers): string {
  const { asked, within, unknown } = answersDuring(answers)
  const after = answers.afterwards === null ? '' : `; after the fault ${answers.afterwards}`
  return `${within} of ${asked}${unknown === 0 ? '' : `, ${unknown} unknown`}${after}`
}

/** The longest of what some of the steps have; null when none has. */
export function longest(steps: readonly StepDocument[], pick: (step: StepDocument) => number | null): number | null {
  const known = steps.flatMap((step) => pick(step) ?? [])
  return known.length === 0 ? null : Math.max(...known)
}

/** One figure of one target (or of all together) in the four looks at a fault; '' where it was not measured. */
export interface FigureRow {
  readonly figure: string
  readonly target: string
  readonly before: string
  readonly during: string
  readonly end: string
  readonly after: string
}

/** Beyond it a list of targets is longer than what it says. */
const mostTargetsApart = 6
const phases = ['before', 'during', 'end', 'after'] as const

/** Evidence of a step as numbers side by side; targets stand apart while they are few. */
export function figureRows({ evidence, targets }: Pick<StepDocument, 'evidence' | 'targets'>): readonly FigureRow[] {
  const seen = phases.flatMap((phase) =>
    evidence
      .filter((look) => look.phase === phase)
      .flatMap((look) => {
        const { before, now } = splitBefore(look.measurements)
        return [...before.map((m) => ({ ...m, phase: 'before' as const })), ...now.map((m) => ({ ...m, phase }))]
      }),
  )
  const apart = new Set(targets.map((target) => target.name)).size <= mostTargetsApart
  const keyOf = (m: Measurement) => JSON.stringify([m.name, apart ? m.target : `all ${targets.length} targets`])
  return [...new Set(seen.map(keyOf))].map((key) => {
    const [figure, target] = JSON.parse(key) as [string, string]
    const cell = (phase: (typeof phases)[number]) => {
      const same = seen.filter((m) => m.phase === phase && keyOf(m) === key)
      return same.length === 0 ? '' : valuesInShort(same)
    }
    return { figure, target, before: cell('before'), during: cell('during'), end: cell('end'), after: cell('after') }
  })
}
