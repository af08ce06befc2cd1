import { shortPlan } from '../../lib/domain/approval.ts'
import { haltCommandFor } from '../../lib/domain/halt-command.ts'
import { isOpen } from '../../lib/domain/injection.ts'
import type { Awaiting, Ended, Run } from '../../lib/domain/run.ts'
import { isEnded, stepOf } from '../../lib/domain/run.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import { runScore } from '../../lib/domain/score.ts'
import { counted } from '../../lib/domain/text.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { dateAndTime, duration } from '../../lib/report/durations.ts'
import { lateUndoText } from '../../lib/report/late-undo.ts'
import { scoreBasis } from '../../lib/report/report-summary.ts'
import { howToApprove, waitingLines } from '../approving.ts'
import { commandLines, emptyLine, line, noPaint, type Paint, type Painted, type Tone, wholeLine, wrapped } from './paint.ts'
import { probeLines } from './probe-view.ts'
import { remains } from './remains.ts'
import type { RunState } from './run-state.ts'
import { type Canvas, stepLines } from './step-view.ts'

/** What of a picture gives way where the terminal has too few rows for all of it. */
interface Room {
  /** Steps shown before and after the one at work. */
  readonly around: readonly [number, number]
  readonly probes: 'all' | 'out'
  readonly advice: boolean
  readonly details: boolean
}

const ample: Room = { around: [5, 6], probes: 'all', advice: true, details: true }
/** The least needed goes first; head, the step at work, and what ends all chaos stay to the last. */
const rooms: readonly Room[] = [
  ample,
  { ...ample, advice: false },
  ...(
    [
      [4, 5],
      [3, 4],
      [2, 3],
      [1, 2],
      [1, 1],
    ] as const
  ).map((around) => ({ ...ample, advice: false, around })),
  ...(
    [
      [1, 1],
      [0, 1],
      [0, 0],
    ] as const
  ).map((around): Room => ({ ...ample, advice: false, around, probes: 'out' })),
  { around: [0, 0], probes: 'out', advice: false, details: false },
]

/** The size of a terminal; a picture that is to stay has all the rows it takes. */
export interface Size {
  readonly columns: number
  readonly rows?: number
}

/** The live picture of a run at one time, in as many rows as there are. Pure: the same state, time and size give the same lines. */
export function render(state: RunState, now: number, { columns, rows }: Size, paint: Paint = noPaint): readonly Painted[] {
  const canvas: Canvas = { now, width: columns, paint }
  if (isEnded(state.run) || rows === undefined) return picture(state, canvas, ample)
  for (const room of rooms) {
    const lines = picture(state, canvas, room)
    if (lines.length <= rows) return lines
  }
  return picture(state, canvas, rooms.at(-1) ?? ample).slice(0, rows)
}

function picture(state: RunState, canvas: Canvas, room: Room): readonly Painted[] {
  const footer = isEnded(state.run) ? [] : [emptyLine, ...footerLines(state, canvas, room)]
  const head = [...headerLines(state.run, canvas), emptyLine]
  return [...head, ...probeLines(state, canvas, room.probes), ...windowOfSteps(state, canvas, room), ...footer]
}

/** What is said at the end, also in a pipe: the verdict, its reasons, and what is left to do. */
export function verdictLines(state: RunState, now: number, width: number, paint: Paint = noPaint): readonly Painted[] {
  const { run } = state
  if (run.status === 'awaiting_approval') return waiting(run, { width, paint })
  if (!isEnded(run)) return unfinishedLines(state, { now, width, paint })
  const tone: Tone = run.status === 'succeeded' ? 'good' : run.status === 'aborted' ? 'warn' : 'bad'
  const took = duration(run.endedAt - run.requestedAt)
  const text = `${run.status.toUpperCase().replace('_', ' ')}${run.cluster.simulated ? ' (simulated)' : ''}  ${sentence(run)} (${took}, ${counted(run.orphans, 'orphan')})`
  const [first = '', ...rest] = wrapped(text, width, '')
  return [
    paint(tone, first),
    ...rest.map((more) => paint(tone, `  ${more}`)),
    ...[...runReasonTexts(run).flatMap((reason) => hangingItem(reason, width)), ...lateLine(run, width), ...scoreLine(run)].map((text) =>
      paint('plain', text),
    ),
  ]
}

function waiting(run: Awaiting, { width, paint }: Pick<Canvas, 'width' | 'paint'>): readonly Painted[] {
  const [first = '', ...rest] = waitingLines(run)
  const lines = [...rest, '  another person approves it with:', `    ${howToApprove(run)}`].flatMap((text) => wrapped(text, width, ''))
  return [wholeLine(paint, ['warn', 'WAITS'], `  ${first}`), ...lines.map((text) => paint('plain', text))]
}

function lateLine(run: Ended, width: number): readonly string[] {
  const late = lateUndoText(run.steps)
  return late === null ? [] : hangingItem(`LATE: ${late}`, width)
}

function scoreLine(run: Ended): readonly string[] {
  const score = runScore(run.steps)
  return score === null ? [] : [`  resilience score ${score} ${scoreBasis(run.steps)}`]
}

/** One item of a list, its further lines indented. */
function hangingItem(text: string, width: number): readonly string[] {
  const [first = '', ...rest] = wrapped(text, width, '    ')
  return [`  - ${first.slice(4)}`, ...rest]
}

function sentence(run: Ended): string {
  const all = run.steps.length
  const good = run.steps.filter((step) => step.verdict === 'succeeded').length
  switch (run.status) {
    case 'succeeded':
      return `${all === 1 ? 'the fault was' : `all ${all} faults were`} proven to bite and proven to be undone`
    case 'refused':
      return 'nothing was touched'
    default:
      return `${good} of ${all} steps succeeded; ${run.resolved !== null ? 'NOT proven to be undone, ended by a person' : 'everything is proven to be undone'}`
  }
}

function unfinishedLines({ run, injections }: RunState, { now, width, paint }: Canvas): readonly Painted[] {
  const advice = [
    ...remains(injections, now).flatMap((text) => hangingItem(text, width)),
    '  Go on with:',
    '    faultline reap',
    `  End all chaos on ${clusterText(run.cluster)} by hand:`,
    ...commandLines(haltCommandFor(run.cluster), width, '    '),
    '  If it can never be proven:',
    ...commandLines(`faultline resolve ${run.id} --by YOU --why REASON`, width, '    '),
  ]
  return [
    wholeLine(paint, ['bad', 'NOT PROVEN UNDONE'], `  the run is still ${run.status}; this command leaves it`),
    ...advice.map((text) => paint('plain', text)),
  ]
}

function headerLines(run: Run, { now, width, paint }: Canvas): readonly Painted[] {
  const time = isEnded(run)
    ? `took ${duration(run.endedAt - run.requestedAt)}`
    : `${wholeSeconds(now - run.requestedAt)} so far; planned: ${duration(plannedMs(run.suite))} and recovery`
  return [
    line(paint, width, ' ', ['strong', run.suite.name], `  ${time}`),
    line(paint, width, ' ', ['faint', `namespace ${run.namespace} on ${clusterText(run.cluster)}`]),
    ...wrapped(`run ${run.id} seed ${run.seed}`, width, ' ').map((text) => paint('faint', text)),
  ]
}

function wholeSeconds(ms: number): string {
  return duration(Math.floor(ms / 1000) * 1000)
}

/** Long suites show the steps around the current one. */
function windowOfSteps(state: RunState, canvas: Canvas, { around: [before, after], details }: Room): readonly Painted[] {
  const { run } = state
  const all = run.steps.length
  const current = stepOf(run) ?? 0
  const whole = isEnded(run) || all <= before + after + 1
  const from = whole ? 0 : Math.max(0, Math.min(current - before, all - before - after - 1))
  const to = whole ? all : Math.min(all, from + before + after + 1)
  const lines = run.steps.slice(from, to).flatMap((_, i) => stepLines(state, from + i, canvas, details))
  const hidden = (count: number, where: string) =>
    count === 0 ? [] : [line(canvas.paint, canvas.width, ['faint', `   … ${count} ${where}`])]
  return [...hidden(from, 'earlier'), ...lines, ...hidden(all - to, 'later')]
}

function footerLines(state: RunState, { now, width, paint }: Canvas, { advice }: Pick<Room, 'advice'>): readonly Painted[] {
  const { run, interrupts, notes, injections } = state
  const tell = (tone: Tone, text: string) => wrapped(text, width, ' ').map((part) => paint(tone, part))
  const doing = pauseText(run, now)
  const dangerous = injections.some((injection) => isOpen(injection) && injection.status !== 'planned')
  return [
    ...(doing === null ? [] : tell('plain', doing)),
    ...notes.flatMap((note) => tell('warn', note)),
    ...(run.abort === null ? [] : tell('warn', `aborting (${run.abort.reason}): ${run.abort.detail}`)),
    ...(interrupts === 0
      ? tell('faint', 'Ctrl-C undoes everything at once.')
      : tell('warn', 'Undoing everything now. Ctrl-C again: what would stay.')),
    ...tell('faint', `To end all chaos on ${clusterText(run.cluster)} from anywhere:`),
    ...commandLines(haltCommandFor(run.cluster), width, ' ').map((text) => paint(dangerous ? 'strong' : 'faint', text)),
    ...(advice ? tell('faint', 'There is no reaper here unless someone runs "faultline reap": the fuse is the second way back.') : []),
  ]
}

/** What the run does between its steps. */
function pauseText(run: Run, now: number): string | null {
  switch (run.status) {
    case 'requested':
      return 'checking whether the run may start'
    case 'awaiting_approval':
      return `waits for approval of plan ${shortPlan(run.request.plan)} until ${dateAndTime(run.expiresAt)}: faultline approve ${run.id}`
    case 'resting':
      return `resting ${wholeSeconds(Math.max(0, run.until - now) + 999)} before the next step`
    case 'verifying':
      return now < run.until ? `grace after the last step: ${wholeSeconds(run.until - now + 999)}` : 'looking for anything left behind'
    default:
      return null
  }
}
