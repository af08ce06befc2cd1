import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import type { ProbeSample } from '../../lib/domain/probe.ts'
import { readinessWatch, watchedProbes } from '../../lib/domain/readiness.ts'
import type { Run } from '../../lib/domain/run.ts'
import { toleranceText } from '../../lib/domain/tolerance.ts'
import { valueText } from '../../lib/domain/value-text.ts'
import type { Progress } from '../../lib/engine/engine.ts'
import { dateAndTime, timeOfDay } from '../../lib/report/durations.ts'
import { withFigures } from '../../lib/report/figures.ts'
import type { RunState } from './run-state.ts'

/** Of interest to machines only. */
const silent: readonly HistoryEvent['type'][] = ['leased', 'released', 'lease_renewed']

/** What a pipe or a CI log is told when the engine told something: one line each, with time and step. Pure. */
export function eventLines(before: RunState, progress: Progress, now: number): readonly string[] {
  const { run } = progress
  switch (progress.kind) {
    case 'note':
      return before.notes.includes(progress.message) ? [] : [stamped(now, run, null, `note: ${progress.message}`)]
    case 'injection':
      return progress.injections.flatMap((injection) =>
        injectionLines(
          before.injections.find((i) => same(i, injection)),
          injection,
          run,
          now,
        ),
      )
    case 'sample':
      return sampleLines(before, progress.sample, run)
    case 'event': {
      const lines = run.events.filter((e) => e.version === run.version && isTold(e)).map((e) => stamped(e.at, run, e.step, textOf(e)))
      const warnings =
        progress.event.type === 'step_planned' ? progress.event.warnings.map((w) => stamped(now, run, stepIndex(run), `warning: ${w}`)) : []
      return [...lines, ...warnings]
    }
  }
}

/** Told only when it is another answer than before: within tolerance, out of it, or none; of a count also when no pod is ready any more. */
function sampleLines(before: RunState, sample: ProbeSample, run: Run): readonly string[] {
  const { probe: name, at, step, within, value, message } = sample
  const probe = watchedProbes(run).find((spec) => spec.name === name)
  const last = before.samples[name]
  if (probe === undefined) return []
  const isCount = name === readinessWatch(run)?.name
  const isNews = last === undefined ? within !== true : last.within !== within || (isCount && value === 0 && last.value !== 0)
  if (!isNews) return []
  if (isCount && within !== null) return [stamped(at, run, step, within ? `${message} again` : message)]
  const measured = `${valueText(value, probe.unit)} (allowed: ${toleranceText(probe.tolerance)})`
  const said =
    within === null ? `measured nothing: ${message}` : within ? `is within tolerance: ${measured}` : `is OUT of tolerance: ${measured}`
  return [stamped(at, run, step, `probe ${name} ${said}`)]
}

/** That an injection is active was told with its evidence already. */
function isTold(event: HistoryEvent): boolean {
  return !silent.includes(event.type) && !(event.type === 'injected' && event.data?.status === 'active')
}

function textOf(event: HistoryEvent): string {
  return event.type === 'abort' ? event.message.replace(/^abort/, 'ABORT') : event.message
}

function injectionLines(before: Injection | undefined, injection: Injection, run: Run, now: number): readonly string[] {
  const { armed } = injection
  const lines: string[] = []
  if (armed !== null && before?.armed?.uid !== armed.uid)
    lines.push(`fuse ${armed.namespace}/${armed.name} is armed, burns at ${timeOfDay(armed.burnsAt)} at the latest`)
  for (const evidence of injection.evidence.filter(
    (e) => e.phase === 'during' && !(before?.evidence ?? []).some((b) => b.phase === 'during' && b.at === e.at),
  )) {
    lines.push(`${evidence.finding === 'yes' ? 'it bites' : 'no proof'}: ${withFigures(evidence.summary, evidence.measurements)}`)
  }
  return lines.map((text) => stamped(now, run, injection.step, text))
}

function same(a: Injection, b: Injection): boolean {
  return a.step === b.step && a.n === b.n
}

function stamped(at: number, run: Run, step: number | null, text: string): string {
  const name = step === null ? '' : `[${step + 1}/${run.steps.length} ${run.steps[step]?.name ?? ''}] `
  return `${dateAndTime(at)} ${name}${text}`
}

function stepIndex(run: Run): number | null {
  return 'step' in run ? run.step : null
}
