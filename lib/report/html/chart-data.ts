import { printableText } from '../../domain/text.ts'
import { boundsOf } from '../../domain/tolerance.ts'
import type { ReportDocument, StepDocument } from '../document.ts'
import { type ProbeDocument, type SampleDocument, watched } from '../probe-document.ts'
import { comparisonText, faultWords, verdictWords } from '../report-summary.ts'

/** What the charts in a browser draw. Times are ms since epoch; answers stand in columns, so that 12 h of them stay small. */
export interface ChartData {
  /** From the request to the end, or to the last thing that is known of a run under way. */
  readonly from: number
  readonly to: number
  readonly abortedAt: number | null
  readonly steps: readonly ChartStep[]
  readonly probes: readonly ChartProbe[]
}

export interface ChartStep {
  readonly name: string
  readonly fault: string
  readonly verdict: string
  readonly plannedAt: number | null
  readonly activeAt: number | null
  readonly plannedEnd: number | null
  readonly revertedAt: number | null
  readonly recoveredAt: number | null
  readonly detectedAt: number | null
}

export interface ChartProbe {
  readonly name: string
  /** '' for a count, a share, or what the name says already. */
  readonly unit: string
  /** The tolerance for people: `≤ 0.05`. */
  readonly allowed: string
  /** Between two answers, where it is asked all the time. */
  readonly intervalMs: number
  /** States (an HTTP status, a text) are drawn as blocks, numbers as a line. */
  readonly draws: 'line' | 'blocks'
  /** Bounds of the tolerance; null: none on that side. */
  readonly min: number | null
  readonly max: number | null
  /** The upright axis reaches it at least. @default the values, tolerance and thresholds */
  readonly top?: number
  readonly limits: readonly {
    readonly name: string
    readonly severity: string
    readonly limit: number
    readonly crossedAt: readonly number[]
  }[]
  readonly answers: Answers
}

/** One probe's answers, oldest first, each at the same place of every column. */
export interface Answers {
  /** ms since the answer before; of the first one since `ChartData.from`. */
  readonly gaps: readonly number[]
  /** Null: nothing could be measured. */
  readonly values: readonly (number | string | null)[]
  /** One character an answer: `+` within tolerance, `-` out of it, `?` no answer. */
  readonly within: string
  /** Why there was no answer, each text once, and for each answer that is missing its index and that of its text. */
  readonly whys: readonly string[]
  readonly missing: readonly (readonly [number, number])[]
  /** What is said of each, where that is more than its value and tolerance. */
  readonly says?: readonly string[]
}

/** What is drawn of a run. Pure. */
export function chartData(document: ReportDocument): ChartData {
  const { from, to } = timeSpan(document)
  return {
    from,
    to,
    abortedAt: document.abort === null ? null : Date.parse(document.abort.at),
    steps: document.steps.map(chartStep),
    probes: watched(document)
      .map((probe) => chartProbe(document, probe, from))
      .filter(({ answers }) => answers.values.length > 0),
  }
}

/** As JSON inside of an HTML page: nothing in it ends its element, and what would act on a reader stands there as its escape. */
export function jsonForPage(value: unknown): string {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === 'string' ? printableText(one) : one))
  return text.replaceAll('<', '\\u003c')
}

/** From the request to the end, or to the last thing that is known of a run under way; at least a second. */
function timeSpan({ requestedAt, endedAt, samples, history, steps }: ReportDocument): {
  readonly from: number
  readonly to: number
} {
  const from = Date.parse(requestedAt)
  const times = [
    endedAt,
    samples.at(-1)?.at,
    history.at(-1)?.at,
    ...steps.flatMap(({ activeAt, plannedEnd, revertedAt, recoveredAt }) => [
      activeAt,
      endedAt === null ? plannedEnd : null,
      revertedAt,
      recoveredAt,
    ]),
  ]
  const known = times.flatMap((time) => (typeof time === 'string' ? [Date.parse(time)] : []))
  return { from, to: known.reduce((latest, time) => Math.max(latest, time), from + 1000) }
}

function chartStep(step: StepDocument): ChartStep {
  const ms = (at: string | null) => (at === null ? null : Date.parse(at))
  return {
    name: step.name,
    fault: faultWords(step),
    verdict: verdictWords(step.verdict),
    plannedAt: ms(step.plannedAt),
    activeAt: ms(step.activeAt),
    plannedEnd: ms(step.plannedEnd),
    revertedAt: ms(step.revertedAt),
    recoveredAt: ms(step.recoveredAt),
    detectedAt: ms(step.detectedAt),
  }
}

function chartProbe(document: ReportDocument, probe: ProbeDocument, from: number): ChartProbe {
  const answers = document.samples.filter((sample) => sample.probe === probe.name)
  const { min, max } = boundsOf(probe.tolerance)
  return {
    name: probe.name,
    unit: unitOf(probe),
    allowed: comparisonText(probe.allowed),
    intervalMs: probe.intervalMs,
    draws: isState(probe, answers) ? 'blocks' : 'line',
    min,
    max,
    limits: document.thresholds
      .filter((threshold) => threshold.probe === probe.name)
      .map(({ name, severity, limit, crossings }) => ({ name, severity, limit, crossedAt: crossings.map(({ at }) => Date.parse(at)) })),
    answers: columns(answers, from),
  }
}

/** The unit where it says something that the name does not. */
export function unitOf({ unit, name }: ProbeDocument): string {
  return unit === 'ratio' || unit === name ? '' : unit
}

/** An HTTP status is a state though it is a number: 503 is not more than 200. */
export function isState({ reads }: Pick<ProbeDocument, 'reads'>, answers: readonly SampleDocument[]): boolean {
  if (reads === 'status' || reads === 'condition') return true
  const values = answers.flatMap(({ value }) => value ?? [])
  return values.length > 0 && values.every((value) => typeof value === 'string')
}

/** Six digits are more than a chart shows; all of them are in the JSON report. */
const digits = 6

function columns(samples: readonly SampleDocument[], from: number): Answers {
  const whys = new Map<string, number>()
  const missing: [number, number][] = []
  const gaps: number[] = []
  let before = from
  for (const [i, { at, within, message }] of samples.entries()) {
    const ms = Date.parse(at)
    gaps.push(ms - before)
    before = ms
    if (within !== null) continue
    const why = whys.get(message) ?? whys.size
    whys.set(message, why)
    missing.push([i, why])
  }
  return {
    gaps,
    values: samples.map(({ value }) => (typeof value === 'number' ? Number(value.toPrecision(digits)) : value)),
    within: samples.map(({ within }) => (within === null ? '?' : within ? '+' : '-')).join(''),
    whys: [...whys.keys()],
    missing,
  }
}
