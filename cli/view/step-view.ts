import type { Evidence, Injection, Measurement } from '../../lib/domain/injection.ts'
import { groupOf, memberOf, viewOf } from '../../lib/domain/overlapping.ts'
import type { Run, StepRecord, StepVerdict } from '../../lib/domain/run.ts'
import { stepOf } from '../../lib/domain/run.ts'
import { faultName } from '../../lib/domain/suite.ts'
import { isGrouped } from '../../lib/domain/together.ts'
import { columnsOf, inColumn } from '../../lib/report/columns.ts'
import { duration, timeOfDay } from '../../lib/report/durations.ts'
import { figuresInShort, splitBefore } from '../../lib/report/figures.ts'
import { ownReasons } from '../../lib/report/reasons.ts'
import { line, type Paint, type Painted, type Span, type Tone, wrapped } from './paint.ts'
import type { RunState } from './run-state.ts'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
/** As often as the screen is drawn anew. */
const frameMs = 100
/** Columns: the bar; what a line has beside the names: a sign, gaps, and what the step does or how it ended. */
const barCells = 16
const columnsBeside = 44
/** A step whose name is longer is known by its beginning. */
const widestName = 48
const narrowestName = 12
const mostTargets = 3
const labelColumn = 8

/** Where and how the view is drawn. */
export interface Canvas {
  readonly now: number
  readonly width: number
  readonly paint: Paint
}

/** One step: a line, and below the one at work what is done to whom and what was measured. */
export function stepLines(state: RunState, index: number, canvas: Canvas, hasDetails = true): readonly Painted[] {
  const { run } = state
  const record = run.steps[index]
  const step = run.suite.steps[index]
  if (record === undefined || step === undefined) return []
  const seen = asStepSees(run, index)
  const isAtWork = stepOf(seen) === index && isBusy(seen)
  const [tone, sign] = isAtWork ? (['busy', spinner(canvas.now)] as const) : signs[record.verdict]
  const columns = nameColumns(run, canvas.width)
  const head: readonly Span[] = [
    ' ',
    [tone, sign],
    ` ${inColumn(record.name, columns.name)}  `,
    ['faint', columns.fault === 0 ? '' : `${inColumn(faultName(step.fault), columns.fault)}  `],
  ]
  const what = isAtWork ? activity(seen, canvas.now) : outcome(record, step.durationMs)
  return [line(canvas.paint, canvas.width, ...head, ...what), ...(isAtWork && hasDetails ? details(state, index, canvas) : [])]
}

/** Each step of a group that overlaps is at something of its own; one that waits for another has not begun. */
function asStepSees(run: Run, index: number): Run {
  if (run.status !== 'overlapping' || !groupOf(run).includes(index)) return run
  const member = memberOf(run, index)
  return member.status === 'preparing' && member.until === Number.POSITIVE_INFINITY ? run : viewOf(run, index)
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
      return [
        now < run.until ? `${isGrouped(run.suite.steps, run.step) ? '' : 'grace, '}begins in ${left(run.until, now)}` : 'choosing targets',
      ]
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
  if (verdict !== 'succeeded' && verdict !== 'running') return [[signs[verdict][0], [verdict, ...ownReasons(record)].join(': ')]]
  const held = activeAt === null || plannedEnd === null ? '' : `bit ${duration(plannedEnd - activeAt)}`
  const undone = plannedEnd === null || revertedAt === null ? '' : `, undone +${duration(revertedAt - plannedEnd)}`
  const healthy = revertedAt === null || recoveredAt === null ? '' : `, healthy +${duration(recoveredAt - revertedAt)}`
  return [`${held}${undone}${healthy}`]
}

function details(state: RunState, index: number, canvas: Canvas): readonly Painted[] {
  const injections = state.injections.filter((injection) => injection.step === index)
  const row = (label: string, text: string, tone: Tone = 'plain') =>
    line(canvas.paint, canvas.width, '     ', ['faint', label.padEnd(labelColumn)], [tone, text])
  /** What is to be read in full. */
  const rows = (label: string, text: string, tone: Tone) =>
    wrapped(text, canvas.width - 5 - labelColumn, '').map((part, i) => row(i === 0 ? label : '', part, tone))
  const targets = injections.flatMap((injection) => injection.targets)
  const shown = targets.slice(0, mostTargets).map((t) => row('on', t.kind === 'Node' ? `node ${t.name}` : `${t.name} (${t.node})`))
  const more = targets.length > mostTargets ? [row('', `and ${targets.length - mostTargets} more`)] : []
  const phases = (['before', 'during', 'end', 'after'] as const).flatMap((phase) => {
    const text = evidenceOf(injections, phase)
    return text === '' ? [] : [row(phase, text)]
  })
  const warnings = (state.warnings[index] ?? []).flatMap((warning) => rows('warning', warning, 'warn'))
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

/** Columns for the names of steps and of their faults: names are whole where they can be, and those of faults give way to them (0: none). */
function nameColumns({ steps, suite }: Run, width: number): { readonly name: number; readonly fault: number } {
  const name = Math.min(widestName, Math.max(...steps.map((step) => columnsOf(step.name))))
  const fault = Math.max(...suite.steps.map((step) => columnsOf(faultName(step.fault))))
  const room = width - columnsBeside
  if (name + 2 + fault <= room) return { name, fault }
  return { name: Math.min(name, Math.max(narrowestName, room)), fault: 0 }
}
