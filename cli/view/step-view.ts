import type { Evidence, Injection, Measurement } from '../../lib/domain/injection.ts'
import type { Run, StepRecord, StepVerdict } from '../../lib/domain/run.ts'
import { stepOf } from '../../lib/domain/run.ts'
import { faultName } from '../../lib/domain/suite.ts'
import { columnsOf, inColumn } from '../../lib/report/columns.ts'
import { duration, timeOfDay } from '../../lib/report/durations.ts'
import { figuresInShort, splitBefore } from '../../lib/report/figures.ts'
import { ownReasons } from '../../lib/report/reasons.ts'
import { line, type Paint, type Painted, type Span, type Tone } from './paint.ts'
import type { RunState } from './run-state.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
/** As often as the screen is drawn anew. */
const frameMs = 100
/** Columns of an 80-column terminal: the bar, the longest name of a fault, and as many targets as a line holds. */
const barCells = 16
const faultColumn = 18
const mostTargets = 3

/** Where and how the view is drawn. */
export interface Canvas {
  readonly now: number
  readonly width: number
  readonly paint: Paint
}

/** One step: a line, and below the one at work what is done to whom and what was measured. */
export function stepLines(state: RunState, index: number, canvas: Canvas): readonly Painted[] {
  const { run } = state
  const record = run.steps[index]
  const step = run.suite.steps[index]
  if (record === undefined || step === undefined) return []
  const isAtWork = stepOf(run) === index && (record.verdict === 'running' || isBusy(run))
  const [tone, sign] = isAtWork ? (['busy', spinner(canvas.now)] as const) : signs[record.verdict]
  const head: readonly Span[] = [
    ' ',
    [tone, sign],
    ` ${inColumn(record.name, nameColumn(run))}  `,
    ['faint', inColumn(faultName(step.fault), faultColumn)],
    '  ',
  ]
  const what = isAtWork ? activity(run, canvas.now) : outcome(record, step.durationMs)
  return [line(canvas.paint, canvas.width, ...head, ...what), ...(isAtWork ? details(state, index, canvas) : [])]
}

const signs: Readonly<Record<StepVerdict, readonly [Tone, string]>> = {
  pending: ['faint', '○'],
  running: ['busy', '●'],
  succeeded: ['good', '✓'],
  no_effect: ['bad', '✗'],
  failed: ['bad', '✗'],
  aborted: ['warn', '■'],
  skipped: ['faint', '-'],
}

function isBusy(run: Run): boolean {
  return ['preparing', 'injecting', 'holding', 'reverting', 'recovering'].includes(run.status)
}

/** What is being done right now, and for how long yet. */
function activity(run: Run, now: number): readonly Span[] {
  switch (run.status) {
    case 'preparing':
      return [now < run.until ? `grace, begins in ${left(run.until, now)}` : 'choosing targets']
    case 'injecting':
      return ['injecting, then looking for proof']
    case 'holding':
      return [...bar(run, now), ` ${left(run.revertAt, now)} left`]
    case 'reverting':
      return [['warn', run.attempts === 0 ? 'undoing' : `undoing, not proven yet (try ${run.attempts + 1})`]]
    case 'recovering':
      return [`undone; waiting until healthy (at most ${left(run.until, now)})`]
    default:
      return []
  }
}

function bar(run: Extract<Run, { status: 'holding' }>, now: number): readonly Span[] {
  const total = run.suite.steps[run.step]?.durationMs ?? 0
  const gone = Math.max(0, Math.min(1, 1 - (run.revertAt - now) / Math.max(1, total)))
  const full = Math.round(gone * barCells)
  return [
    ['busy', '█'.repeat(full)],
    ['faint', '░'.repeat(barCells - full)],
  ]
}

function left(until: number, now: number): string {
  return duration(Math.ceil(Math.max(0, until - now) / 1000) * 1000)
}

/** How a step ended, or how long it will take. */
function outcome(record: StepRecord, durationMs: number): readonly Span[] {
  const { verdict, activeAt, plannedEnd, revertedAt, recoveredAt } = record
  if (verdict === 'pending') return [['faint', duration(durationMs)]]
  if (verdict === 'skipped') return [['faint', 'skipped']]
  if (verdict !== 'succeeded') return [[signs[verdict][0], [verdict, ...ownReasons(record)].join(': ')]]
  const held = activeAt === null || plannedEnd === null ? '' : `bit ${duration(plannedEnd - activeAt)}`
  const undone = plannedEnd === null || revertedAt === null ? '' : `, undone +${duration(revertedAt - plannedEnd)}`
  const healthy = revertedAt === null || recoveredAt === null ? '' : `, healthy +${duration(recoveredAt - revertedAt)}`
  return [`${held}${undone}${healthy}`]
}

function details(state: RunState, index: number, canvas: Canvas): readonly Painted[] {
  const injections = state.injections.filter((injection) => injection.step === index)
  const row = (label: string, text: string, tone: Tone = 'plain') =>
    line(canvas.paint, canvas.width, '     ', ['faint', label.padEnd(8)], [tone, text])
  const targets = injections.flatMap((injection) => injection.targets)
  const shown = targets.slice(0, mostTargets).map((t) => row('on', t.kind === 'Node' ? `node ${t.name}` : `${t.name} (${t.node})`))
  const more = targets.length > mostTargets ? [row('', `and ${targets.length - mostTargets} more`)] : []
  const phases = (['before', 'during', 'end', 'after'] as const).flatMap((phase) => {
    const text = evidenceOf(injections, phase)
    return text === '' ? [] : [row(phase, text)]
  })
  const warnings = (state.warnings[index] ?? []).map((warning) => row('warning', warning, 'warn'))
  return [...shown, ...more, ...phases, ...fuseRow(injections, canvas.now, row), ...warnings]
}

function fuseRow(injections: readonly Injection[], now: number, row: (label: string, text: string) => Painted): readonly Painted[] {
  const [fuse] = injections.flatMap((injection) => (injection.armed === null || injection.status === 'reverted' ? [] : [injection.armed]))
  if (fuse === undefined) return []
  const at = timeOfDay(fuse.burnsAt)
  return [row('fuse', fuse.burnsAt <= now ? `was to end it at ${at}` : `ends it at ${at} if driver and reaper do not`)]
}

/** The figures of all injections together; the sentence where there are no figures. */
function evidenceOf(injections: readonly Injection[], phase: Evidence['phase']): string {
  const found = injections.flatMap((injection) => injection.evidence.filter((e) => e.phase === phase))
  const figures = figuresInShort(phase === 'before' ? figuresBefore(injections) : found.flatMap((e) => splitBefore(e.measurements).now))
  const doubt = found.find((e) => (e.finding === 'yes') === (phase === 'before'))
  return [
    ...(figures === '' ? [] : [figures]),
    ...(figures === '' || doubt !== undefined ? [doubt?.summary ?? found[0]?.summary ?? ''] : []),
  ].join(' - ')
}

/** What the plan measured, and what injectors measured before they acted. */
function figuresBefore(injections: readonly Injection[]): readonly Measurement[] {
  return injections.flatMap(({ evidence }) =>
    evidence.flatMap(({ phase, measurements }) =>
      phase === 'before' ? measurements : phase === 'during' ? splitBefore(measurements).before : [],
    ),
  )
}

function spinner(now: number): string {
  return frames[Math.floor(now / frameMs) % frames.length] ?? '*'
}

function nameColumn(run: Run): number {
  return Math.min(24, Math.max(...run.steps.map((step) => columnsOf(step.name))))
}
