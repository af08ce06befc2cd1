import type { ProbeSample, ProbeSpec, ProbeSummary } from './probe.ts'
import { distanceOut } from './tolerance.ts'

/** True for a probe that is asked again and again while the run goes on. */
export function asksDuring({ mode }: Pick<ProbeSpec, 'mode'>): boolean {
  return mode === 'during' || mode === 'continuous'
}

/** True for a probe that decides whether a run may start. */
export function asksBefore({ mode }: Pick<ProbeSpec, 'mode'>): boolean {
  return mode === 'before' || mode === 'edge' || mode === 'continuous'
}

/** True for a probe that says whether the steady state is there again after a fault. */
export function asksAfter({ mode }: Pick<ProbeSpec, 'mode'>): boolean {
  return mode === 'after' || mode === 'edge' || mode === 'continuous'
}

/** The summary of a probe that was not asked yet. */
export function blankSummary(probe: string): ProbeSummary {
  return { probe, asked: 0, within: 0, unknown: 0, min: null, max: null, last: null, firstOutAt: null, worst: null }
}

/** The summary with one more answer in it. Pure; the order of answers is that of their times. */
export function addAnswer(summary: ProbeSummary, spec: ProbeSpec, sample: Pick<ProbeSample, 'at' | 'value' | 'within'>): ProbeSummary {
  const { value, within, at } = sample
  const asked = summary.asked + 1
  if (value === null || within === null) return { ...summary, asked, unknown: summary.unknown + 1 }
  const n = typeof value === 'number' ? value : null
  const isWorst = !within && (summary.worst === null || distanceOut(spec.tolerance, value) > distanceOut(spec.tolerance, summary.worst))
  return {
    ...summary,
    asked,
    within: summary.within + (within ? 1 : 0),
    min: n === null ? summary.min : Math.min(summary.min ?? n, n),
    max: n === null ? summary.max : Math.max(summary.max ?? n, n),
    last: value,
    firstOutAt: within ? summary.firstOutAt : (summary.firstOutAt ?? at),
    worst: isWorst ? value : summary.worst,
  }
}

/**
 * Resilience score of a step, 0 to 100: sum(weight × share of answers within tolerance) / sum(weight) over the probes asked in it
 * (Litmus' formula, https://docs.litmuschaos.io/docs/concepts/resilience-score). An answer that could not be had is no success.
 * Null when no probe was asked.
 */
export function scoreOf(probes: readonly ProbeSpec[], summaries: readonly ProbeSummary[]): number | null {
  const parts = summaries.flatMap((summary) => {
    const weight = probes.find((probe) => probe.name === summary.probe)?.weight
    return weight === undefined || summary.asked === 0 ? [] : [{ weight, share: summary.within / summary.asked }]
  })
  if (parts.length === 0) return null
  const weights = parts.reduce((sum, part) => sum + part.weight, 0)
  return round((100 * parts.reduce((sum, part) => sum + part.weight * part.share, 0)) / weights)
}

/** Resilience score of a run: the mean of its steps that have one; null when none has. */
export function runScore(steps: readonly { readonly score: number | null }[]): number | null {
  const scores = steps.flatMap(({ score }) => (score === null ? [] : [score]))
  return scores.length === 0 ? null : round(scores.reduce((sum, score) => sum + score, 0) / scores.length)
}

function round(score: number): number {
  return Math.round(score * 100) / 100
}
