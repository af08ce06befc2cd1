import { type Actor, actorOf } from './actor.ts'
import type { HistoryEvent } from './history-event.ts'
import type { Run } from './run.ts'
import { isEnded } from './run.ts'
import type { Abort } from './run-facts.ts'
import { sha256 } from './sha256.ts'
import { cutTo } from './text.ts'

/** What is kept for good of what people did to an installation, and of what it answered. */
export const auditKinds = ['start', 'approve', 'refusal', 'halt', 'resume', 'pause', 'unpause', 'abort', 'resolve', 'guards'] as const
export type AuditKind = (typeof auditKinds)[number]

/** One thing that was done. It is added once, and never changed. */
export interface AuditEntry {
  /** The same for the same thing, so that it is there once however often it is added. */
  readonly id: string
  /** ms since epoch. */
  readonly at: number
  readonly kind: AuditKind
  /** Who did it; null: Faultline itself (a threshold, a deadline, a driver that died). */
  readonly actor: Actor | null
  /** One sentence for people: what it was about, or why. */
  readonly message: string
  readonly run: AuditedRun | null
  /** More of it, by kind; keys may be added. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface AuditedRun {
  readonly id: string
  readonly suite: string
  readonly cluster: string
  readonly clusterUid: string
  readonly namespace: string
  readonly simulated: boolean
}

/** Under which guards a start was, where they are others than those of the start before. */
export interface GuardsMark {
  /** Of the start's own entry. */
  readonly id: string
  /** ms since epoch. */
  readonly at: number
  /** A digest. */
  readonly guards: string
}

/** What a person asked of a switch. */
export interface Asked {
  readonly by: string
  readonly actor?: Actor | undefined
  readonly why: string
  readonly at: number
}

/** A reason, a sentence of history: what is longer is in the run's own history. */
const longestMessage = 2_000

/** A switch that a person set or lifted. The same word always makes the same entry, so that it can be written later; two people's in one moment are two. */
export function switchEntry(
  kind: 'halt' | 'resume' | 'pause' | 'unpause',
  { by, actor, why, at }: Asked,
  data: Readonly<Record<string, unknown>> = {},
): AuditEntry {
  const about = typeof data.suite === 'string' ? `#${data.suite}` : ''
  const speaker = sha256(by).slice(0, 8)
  return {
    id: `${kind}#${at}${about}#${speaker}`,
    at,
    kind,
    actor: actorOf({ by, actor }),
    message: cutTo(why, longestMessage),
    run: null,
    data,
  }
}

/** That a person asked for a run's end; when it takes effect is another entry. The same word always makes the same one. */
export function askedEntry(run: Run, { by, actor, why, at }: Asked): AuditEntry {
  const entry = { at, actor: actorOf({ by, actor }), message: cutTo(`asked for: ${why}`, longestMessage), run: auditedRun(run) }
  return { id: `abort#${at}#${run.id}#${sha256(by).slice(0, 8)}`, kind: 'abort', ...entry, data: { reason: 'asked', by, pending: true } }
}

/** What of a run's history belongs into the audit trail. Pure, and from stored things only: the same events make the same entries. */
export function auditOf(run: Run, events: readonly HistoryEvent[]): readonly AuditEntry[] {
  return events.flatMap((event, i) => entriesOf(run, event, joined(events, i)))
}

/** The messages of one event of the run: its lines follow one another, and the first speaks for all. Null for the others. */
function joined(events: readonly HistoryEvent[], at: number): string | null {
  const event = events[at]
  const isSame = (other: HistoryEvent | undefined) => other?.version === event?.version && other?.type === event?.type
  if (isSame(events[at - 1])) return null
  const rest = events.slice(at)
  const end = rest.findIndex((other) => !isSame(other))
  return (end < 0 ? rest : rest.slice(0, end)).map(({ message }) => message).join('; ')
}

type Said = Pick<AuditEntry, 'kind' | 'actor' | 'message' | 'data'>

function entriesOf(run: Run, event: HistoryEvent, message: string | null): readonly AuditEntry[] {
  const starter = actorOf(run.trigger)
  switch (event.type) {
    case 'requested':
      return [entryOf(run, event, { kind: 'start', actor: starter, message: event.message, data: { ...event.data } })]
    case 'approved': {
      const given = run.approvals?.find(({ at, plan }) => at === event.at && plan === event.data?.plan)
      if (given === undefined) return []
      const { plan, before, steps, why } = given
      return [entryOf(run, event, { kind: 'approve', actor: actorOf(given), message: why, data: { plan, before, steps } })]
    }
    case 'refused':
    case 'step_refused':
      return message === null ? [] : [entryOf(run, event, { kind: 'refusal', actor: starter, message, data: { step: event.step } })]
    case 'abort':
    case 'leased':
      return event.data === undefined ? [] : abortEntries(run, event, event.data)
    case 'resolved': {
      const resolved = isEnded(run) ? run.resolved : null
      if (resolved === null) return []
      return [entryOf(run, event, { kind: 'resolve', actor: actorOf(resolved), message: resolved.why, data: {} })]
    }
    default:
      return []
  }
}

/** A run that a person ended, or a halt, tells of that word, too: its own entry may not have been written. */
function abortEntries(run: Run, event: HistoryEvent, { reason, by, actor, detail, askedAt }: Abort): readonly AuditEntry[] {
  const isAsked = reason === 'asked' || reason === 'halted'
  const who = isAsked ? actorOf({ by, actor }) : null
  const entry = entryOf(run, event, { kind: 'abort', actor: who, message: `${reason}: ${detail}`, data: { reason, by } })
  if (!isAsked || askedAt === undefined) return [entry]
  const word = { by, actor, why: detail, at: askedAt }
  return [reason === 'halted' ? switchEntry('halt', word) : askedEntry(run, word), entry]
}

function entryOf(run: Run, { version, n, at }: HistoryEvent, said: Said): AuditEntry {
  // Padded, so that entries of one moment stand in the order of the history.
  const id = `${run.id}#${String(version).padStart(10, '0')}#${String(n).padStart(5, '0')}`
  return { id, at, ...said, message: cutTo(said.message, longestMessage), run: auditedRun(run) }
}

/** The guards that were in force at a start are not those of the start before. */
export function guardsEntry(start: AuditEntry, before: string): AuditEntry {
  const { guards } = start.data
  const message = `the configuration of guards is another one than at the start before: ${short(before)} then, ${short(String(guards))} now`
  const id = `${start.run?.id}#${'0'.repeat(10)}#guards`
  return { id, at: start.at, kind: 'guards', actor: null, message, run: start.run, data: { before, now: guards } }
}

/** As many digits of a digest as people compare. */
function short(digest: string): string {
  return digest.slice(0, 12)
}

/** What the trail keeps of a run. */
function auditedRun({ id, suite, cluster, namespace }: Run): AuditedRun {
  return { id, suite: suite.name, cluster: cluster.name, clusterUid: cluster.uid, namespace, simulated: cluster.simulated }
}
