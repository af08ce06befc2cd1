import type { ProbeSummary } from '../domain/probe.ts'
import type { Run } from '../domain/run.ts'
import { thresholdText } from '../domain/threshold.ts'
import { sourceText, toleranceText } from '../domain/tolerance.ts'
import { valueText } from '../domain/value-text.ts'
import type { RunRecord, StepDocument } from './document.ts'
import { dateAndTime, timeOfDay } from './durations.ts'
import { crossingsOf } from './probe-document.ts'
import { answersDuring } from './report-summary.ts'
import { table } from './table.ts'

/** What the steady state was measured by, and which thresholds were crossed; nothing for a suite without probes. */
export function steadyLines({ run, history, samples }: RunRecord): readonly string[] {
  const { probes, thresholds } = run.suite
  if (probes.length === 0) return []
  const rows = probes.map((probe) => {
    const answers = samples.filter((sample) => sample.probe === probe.name)
    const before = answers.find((sample) => sample.phase === 'before' && sample.step === null)
    return [
      probe.name,
      sourceText(probe.source),
      probe.mode,
      toleranceText(probe.tolerance),
      before === undefined ? '-' : valueText(before.value, probe.unit),
      String(answers.length),
      String(answers.filter(({ within }) => within === false).length),
      String(answers.filter(({ within }) => within === null).length),
    ]
  })
  const crossed = thresholds.flatMap((spec) => {
    const crossings = crossingsOf(spec.name, history)
    const head = `  ${spec.name}: ${thresholdText(spec)} (${spec.severity}, ${spec.action}): ${crossings.length === 0 ? 'not crossed' : 'CROSSED'}`
    return [
      head,
      ...crossings.map(({ at, value, recoveredAt }) => {
        const end = recoveredAt === null ? 'to the end' : `to ${timeOfDay(Date.parse(recoveredAt))}`
        return `    from ${dateAndTime(Date.parse(at))} ${end}, at ${value}`
      }),
    ]
  })
  const head = ['probe', 'asks', 'mode', 'allowed', 'before', 'answers', 'out', 'unknown']
  return [...table(head, rows), '', ...(crossed.length === 0 ? [] : ['Thresholds', ...crossed, ''])]
}

/** What one probe answered in a step, in one line. */
export function summaryText(run: Run, summary: ProbeSummary, afterwards: StepDocument['probes'][number]['afterwards']): string {
  const { probe: name, min, max, firstOutAt, worst } = summary
  const { asked, within, unknown } = answersDuring({ ...summary, afterwards })
  const unit = run.suite.probes.find((probe) => probe.name === name)?.unit ?? ''
  const span =
    min === null || max === null ? '' : min === max ? `, ${valueText(min, unit)}` : `, ${valueText(min, '')} to ${valueText(max, unit)}`
  const missing = unknown === 0 ? '' : `, ${unknown} measured nothing`
  const out = firstOutAt === null ? '' : `; first out at ${timeOfDay(firstOutAt)}, worst ${valueText(worst, unit)}`
  return `${name}: ${within} of ${asked} within tolerance${missing}${span}${out}${afterwards === null ? '' : `; after the fault ${afterwards}`}`
}
