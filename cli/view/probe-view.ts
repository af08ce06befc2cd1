import type { ProbeSample, ProbeSpec } from '../../lib/domain/probe.ts'
import { readinessWatch, watchedProbes } from '../../lib/domain/readiness.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { counted } from '../../lib/domain/text.ts'
import { thresholdText } from '../../lib/domain/threshold.ts'
import { compare, toleranceText } from '../../lib/domain/tolerance.ts'
import { valueText } from '../../lib/domain/value-text.ts'
import { inColumn } from '../../lib/report/columns.ts'
import { timeOfDay } from '../../lib/report/durations.ts'
import { emptyLine, line, type Painted, type Tone } from './paint.ts'
import type { RunState } from './run-state.ts'
import type { Canvas } from './step-view.ts'

/** Both leave room for value and tolerance in 80 columns, and for the steps in 24 rows. */
const nameColumn = 24
const mostShown = 6

/** The latest answer of each probe while the run goes on; those out of tolerance first, or (`out`) those alone and how many others. Pure. */
export function probeLines({ run, samples }: RunState, { width, paint }: Canvas, which: 'all' | 'out' = 'all'): readonly Painted[] {
  const { thresholds } = run.suite
  const probes = watchedProbes(run)
  const counts = readinessWatch(run)
  if (probes.length === 0 || isEnded(run) || (counts !== null && samples[counts.name] === undefined)) return []
  const rank = (probe: ProbeSpec) => (samples[probe.name]?.within === false ? 0 : samples[probe.name]?.within === null ? 1 : 2)
  const sorted = [...probes].sort((a, b) => rank(a) - rank(b))
  const shown = sorted.filter((probe) => which === 'all' || rank(probe) === 0).slice(0, mostShown)
  const lines = shown.map((probe) => {
    const sample = samples[probe.name]
    const [tone, sign, said] = look(probe, sample)
    const rest = `${probe.name === counts?.name ? 'before' : 'allowed'} ${toleranceText(probe.tolerance)}${sample === undefined ? '' : `, ${timeOfDay(sample.at)}`}`
    return line(paint, width, ' ', [tone, sign], ` ${inColumn(probe.name, nameColumn)} `, [tone, said], ['faint', `  ${rest}`])
  })
  const high = thresholds.filter(({ probe, op, limit }) => {
    const value = samples[probe]?.value
    return typeof value === 'number' && compare(value, op, limit)
  })
  return [
    ...lines,
    ...(probes.length > shown.length ? [line(paint, width, ['faint', `   … ${counted(probes.length - shown.length, 'more probe')}`])] : []),
    ...high.map((spec) =>
      line(paint, width, ' ', ['warn', `threshold ${thresholdText(spec)} (${spec.severity}, ${spec.action}): on the wrong side now`]),
    ),
    emptyLine,
  ]
}

function look(probe: ProbeSpec, sample: ProbeSample | undefined): readonly [Tone, string, string] {
  if (sample === undefined) return ['faint', '○', 'not asked yet']
  if (sample.within === null) return ['warn', '?', sample.message]
  return [sample.within ? 'good' : 'bad', sample.within ? '✓' : '✗', valueText(sample.value, probe.unit)]
}
