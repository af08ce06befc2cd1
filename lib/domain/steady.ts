import type { ProbeSpec, ProbeSummary } from './probe.ts'
import type { Reason } from './reason.ts'
import type { RunStatus, StepRecord } from './run.ts'
import { asksAfter, asksDuring, scoreOf } from './score.ts'
import { toleranceText } from './tolerance.ts'
import { valueText } from './value-text.ts'

/** What the answers while a fault was active make of its step. */
export interface SteadyJudgement {
  readonly verdict: 'succeeded' | 'failed'
  readonly reasons: readonly Reason[]
}

/**
 * Judges a step by what its probes answered while its fault was active: one answer out of tolerance fails it, a probe that mostly measured
 * nothing does too (it does not show that the steady state held), and single answers that are missing are told.
 */
export function judgeSteady(probes: readonly ProbeSpec[], record: Pick<StepRecord, 'probes' | 'activeAt'>): SteadyJudgement {
  if (record.activeAt === null) return { verdict: 'succeeded', reasons: [] }
  const found = probes.filter(asksDuring).map((probe) =>
    judgeProbe(
      probe,
      record.probes.find((summary) => summary.probe === probe.name),
      record.activeAt ?? 0,
    ),
  )
  return {
    verdict: found.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'succeeded',
    reasons: found.flatMap(({ reasons }) => reasons),
  }
}

function judgeProbe(probe: ProbeSpec, summary: ProbeSummary | undefined, activeAt: number): SteadyJudgement {
  const { name, unit } = probe
  if (summary === undefined || summary.asked === summary.unknown) {
    return unknownState(`probe ${name} measured nothing while the fault was active`)
  }
  const { asked, within, unknown, firstOutAt, worst } = summary
  if (unknown * 2 > asked && within + unknown === asked) {
    return unknownState(`probe ${name} measured nothing in ${unknown} of ${asked} tries while the fault was active`)
  }
  const incomplete = `probe ${name} measured nothing in ${unknown} of ${asked} tries`
  const missing: readonly Reason[] = unknown === 0 ? [] : [{ code: 'probe_incomplete', detail: incomplete }]
  const out = asked - within - unknown
  if (out === 0 || firstOutAt === null) return { verdict: 'succeeded', reasons: missing }
  const after = Math.max(0, firstOutAt - activeAt) / 1000
  const detail = `probe ${name} was out of tolerance in ${out} of ${asked} answers, first ${after.toFixed(1)} s after the fault was active, at worst ${valueText(worst, unit)} (allowed: ${toleranceText(probe.tolerance)})`
  return { verdict: 'failed', reasons: [{ code: 'steady_state_deviated', detail }, ...missing] }
}

function unknownState(detail: string): SteadyJudgement {
  return { verdict: 'failed', reasons: [{ code: 'steady_state_unknown', detail }] }
}

/** True while a driver has to ask whether the steady state is there again after the step's fault. */
export function owesSteadyCheck(
  run: { readonly status: RunStatus; readonly abort: object | null; readonly suite: { readonly probes: readonly ProbeSpec[] } },
  record: StepRecord | undefined,
): boolean {
  return (
    run.abort === null && record !== undefined && record.recoveredAt !== null && record.steady === null && run.suite.probes.some(asksAfter)
  )
}

/** What a step's record learns from its probes' answers. A fault that was not proven to bite says nothing about resilience: no score. */
export function probedChange(
  probes: readonly ProbeSpec[],
  record: StepRecord,
  summaries: readonly ProbeSummary[],
): Pick<StepRecord, 'probes' | 'score' | 'detectedAt'> {
  const bit = record.activeAt !== null && record.verdict !== 'no_effect'
  const firstOut = summaries.flatMap(({ firstOutAt }) => (firstOutAt === null ? [] : [firstOutAt]))
  const during = firstOut.filter(
    (at) => record.activeAt !== null && at >= record.activeAt && (record.revertedAt === null || at <= record.revertedAt),
  )
  return {
    probes: summaries,
    score: bit ? scoreOf(probes, summaries) : null,
    detectedAt: record.detectedAt ?? (during.length === 0 ? null : Math.min(...during)),
  }
}
