import { haltCommandFor } from './halt-command.ts'
import type { HistoryEvent } from './history-event.ts'
import { dataOf } from './history-event.ts'
import type { Injection } from './injection.ts'
import type { Notice, NoticeKind } from './notice.ts'
import type { Severity } from './probe.ts'
import type { Run } from './run.ts'
import { isEnded, stepOf } from './run.ts'
import { runReasonTexts } from './run-reasons.ts'
import { runScore } from './score.ts'
import { faultName } from './suite.ts'
import { counted } from './text.ts'

/** An undo that is not proven at its first tries is no news yet: the API server may be away for a moment. */
const undoPatienceMs = 10_000

/** One topic is told no more often than this. */
const coolDownMs = 300_000

/** Kinds whose topic comes up again and again; all others happen once. */
const recurring: readonly NoticeKind[] = ['threshold.breached', 'undo.unproven']

/** How long nothing more is told of the notice's topic once it was told; 0 for what happens only once. */
export function coolDownOf(notice: Pick<Notice, 'kind'>): number {
  return recurring.includes(notice.kind) ? coolDownMs : 0
}

/** Told again when it is uncertain whether it was told: a lost page is worse than a double one. */
export function isVital(notice: Pick<Notice, 'kind'>): boolean {
  return notice.kind === 'undo.unproven'
}

type Data = Readonly<Record<string, unknown>>

/** What a kind says besides what every notice says. */
interface Said {
  readonly kind: NoticeKind
  readonly severity: Severity
  readonly message: string
  readonly data: Data
  /** Part of the topic, where a run may have several of a kind. */
  readonly about?: string
  /** False: it concerns the run as a whole. */
  readonly ofStep: boolean
}

/** What is to be told of a run's new history events. Pure, and from stored things only; the same events make the same notices. */
export function noticesOf(
  run: Run,
  events: readonly HistoryEvent[],
  injections: readonly Pick<Injection, 'step' | 'targets'>[],
): readonly Notice[] {
  return groups(events).flatMap((group) => {
    const said = sayOf(run, group)
    const isEmpty = said?.kind === 'fault.reverted' && !injections.some((injection) => injection.step === group[0].step)
    return said === null || isEmpty ? [] : [noticeOf(run, group, { said, injections })]
  })
}

/** Told by a driver that lost the store: nothing of it is recorded, so it has no event. */
export function storeLostNotice(
  run: Run,
  at: number,
  lost: { readonly owner: string; readonly message: string; readonly injections: readonly Pick<Injection, 'step' | 'targets'>[] },
): Notice {
  const message = `the driver lost the store and undid everything from memory, which proves nothing: ${lost.message}`
  const said: Said = { kind: 'undo.unproven', severity: 'critical', message, data: { owner: lost.owner }, about: 'store', ofStep: true }
  const event: HistoryEvent = { version: run.version, n: 0, at, type: 'store_lost', step: stepOf(run), message }
  return { ...noticeOf(run, [event], { said, injections: lost.injections }), id: `${run.id}#lost#${lost.owner}` }
}

type Group = readonly [HistoryEvent, ...HistoryEvent[]]

/** Lines of one event of the run belong together. */
function groups(events: readonly HistoryEvent[]): readonly Group[] {
  const result: [HistoryEvent, ...HistoryEvent[]][] = []
  for (const event of events) {
    const last = result.at(-1)
    if (last?.[0].version === event.version && last[0].type === event.type) last.push(event)
    else result.push([event])
  }
  return result
}

function noticeOf(
  run: Run,
  [first]: Group,
  { said, injections }: { readonly said: Said; readonly injections: readonly Pick<Injection, 'step' | 'targets'>[] },
): Notice {
  const { kind, severity, message, data, about, ofStep } = said
  const { id, cluster, namespace, status, requestedAt } = run
  const spec = first.step === null ? undefined : run.suite.steps[first.step]
  const step =
    !ofStep || first.step === null || spec === undefined
      ? null
      : {
          index: first.step,
          name: spec.name,
          fault: faultName(spec.fault),
          targets: injections.filter((i) => i.step === first.step).flatMap((i) => i.targets.map((target) => target.name)),
        }
  return {
    id: `${id}#${first.version}#${first.n}`,
    kind,
    at: first.at,
    severity,
    topic: [id, kind, ...(step === null ? [] : [step.index]), ...(about === undefined ? [] : [about])].join('/'),
    run: {
      id,
      suite: run.suite.name,
      cluster: cluster.name,
      clusterUid: cluster.uid,
      namespace,
      simulated: cluster.simulated,
      status,
      requestedAt,
    },
    step,
    haltCommand: haltCommandFor(run.cluster),
    message,
    data,
  }
}

function sayOf(run: Run, group: Group): Said | null {
  const [first] = group
  const plain = (kind: NoticeKind, severity: Severity, ofStep = true): Said => ({
    kind,
    severity,
    message: first.message,
    data: { ...first.data },
    ofStep,
  })
  switch (first.type) {
    case 'admitted':
      return { ...plain('run.started', 'info', false), message: startedLine(run, first) }
    case 'approval_needed':
      return plain('approval.needed', 'warning')
    case 'refused':
      return { ...plain('run.refused', 'warning', false), message: joined(group), data: { refusals: dataOf(group, 'refused') } }
    case 'step_refused':
      return { ...failed(group, 'refused'), data: { outcome: 'refused', refusals: dataOf(group, 'step_refused') } }
    case 'injected':
      return sayInjected(group)
    case 'rechecked': {
      const ended = group.filter((line) => line.type === 'rechecked' && line.data?.finding === 'no')
      return ended[0] === undefined ? null : failed([ended[0], ...ended.slice(1)], 'ended_early')
    }
    case 'reverted':
      return plain('fault.reverted', 'info')
    case 'recovered':
      return plain('fault.recovered', 'info')
    case 'not_recovered':
      return plain('fault.not_recovered', 'warning')
    case 'undo_unproven':
    case 'verify_failed':
      return sayUnproven(first)
    case 'threshold_crossed':
      return sayThreshold(first)
    case 'abort':
    case 'leased':
      return sayAbort(group)
    case 'verified':
    case 'resolved':
      return sayFinished(run, first)
    default:
      return null
  }
}

function startedLine(run: Run, { message }: HistoryEvent): string {
  const { length } = run.suite.steps
  return `suite "${run.suite.name}" started with ${counted(length, 'fault')}; ${message}`
}

function joined(group: Group): string {
  return group.map((line) => line.message).join('; ')
}

function failed(group: Group, outcome: string): Said {
  return { kind: 'fault.failed', severity: 'warning', message: joined(group), data: { outcome }, ofStep: true }
}

function sayInjected(group: Group): Said {
  const bad = group.filter((line) => line.type === 'injected' && line.data?.status !== 'active')
  const [first, ...rest] = bad
  const isFailed = dataOf(bad, 'injected').some(({ status }) => status === 'failed')
  if (first !== undefined) return failed([first, ...rest], isFailed ? 'failed' : 'no_effect')
  const message = `the fault bites: ${counted(group.length, 'injection')} active, with evidence`
  return { kind: 'fault.active', severity: 'info', message, data: { injections: group.length }, ofStep: true }
}

/** `since`: when the undoing began (the run's own record says so to every driver). */
function sayUnproven(event: Extract<HistoryEvent, { type: 'undo_unproven' | 'verify_failed' }>): Said | null {
  const since = event.data?.since
  if (typeof since !== 'number' || event.at - since < undoPatienceMs) return null
  return { kind: 'undo.unproven', severity: 'critical', message: event.message, data: { ...event.data }, ofStep: true }
}

function sayThreshold({ message, data }: Extract<HistoryEvent, { type: 'threshold_crossed' }>): Said {
  const severity = data?.severity ?? 'warning'
  return { kind: 'threshold.breached', severity, message, data: { ...data }, about: data?.threshold ?? '', ofStep: true }
}

/** A takeover bears its abort in its second line. */
function sayAbort(group: Group): Said | null {
  const line = group.find((one) => (one.type === 'abort' || one.type === 'leased') && one.data !== undefined)
  return line === undefined
    ? null
    : { kind: 'run.aborting', severity: 'warning', message: line.message, data: { ...line.data }, ofStep: true }
}

function sayFinished(run: Run, event: HistoryEvent): Said {
  const isUnproven = event.type === 'resolved'
  const severity = isUnproven ? 'critical' : run.status === 'succeeded' ? 'info' : 'warning'
  const reasons = isEnded(run) ? runReasonTexts(run) : []
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  const steps = run.steps.map(({ name, verdict }) => ({ name, verdict }))
  const data = {
    verdict: run.status,
    reasons,
    steps,
    score: runScore(run.steps),
    orphans: run.orphans,
    unproven: isUnproven,
    endedAt: event.at,
  }
  return { kind: 'run.finished', severity, message: `${run.status}${why}`, data, ofStep: false }
}
