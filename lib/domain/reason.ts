import type { EndCause } from './end-cause.ts'
import type { TargetEvent } from './injection.ts'
import type { Refusal } from './refusal.ts'

/** What an injector tells of a target, where it is a cause: a process that was killed for memory, a container or a node that is another one since. */
const causeOfCode: Readonly<Record<string, EndCause>> = {
  oom_killed: 'oom_killed',
  stressor_oom_killed: 'oom_killed',
  restarted: 'restarted',
  other_boot: 'node_lost',
  // A file without a name is gone with the process that kept it open, however that ended.
  holder_died: 'file_removed',
  evicted: 'evicted',
  deleted: 'deleted',
  node_lost: 'node_lost',
}

/** What an injector sees of a container that dies, from whatever cause. */
const symptoms: readonly (EndCause | undefined)[] = ['restarted', 'file_removed']

/**
 * So long after a container died Kubernetes may tell why: its pod's status is written when all of its containers are dead, 30 s of grace
 * at most by default, and is looked at every few seconds.
 */
const toldWithinMs = 45_000

/**
 * The cause that was seen first among what became of the targets; undefined where none of it is one. A container that died is explained
 * by what Kubernetes tells of it soon after: killed for memory, its pod evicted or deleted, its node lost.
 */
export function causeOf(events: readonly TargetEvent[]): EndCause | undefined {
  const causes = events
    .toSorted((a, b) => a.at - b.at)
    .flatMap(({ at, code }) => {
      const cause = causeOfCode[code]
      return cause === undefined ? [] : [{ at, cause }]
    })
  const [first] = causes
  if (first === undefined || !symptoms.includes(first.cause)) return first?.cause
  return causes.find(({ at, cause }) => !symptoms.includes(cause) && at - first.at <= toldWithinMs)?.cause ?? first.cause
}

/** Every kind of reason for a verdict other than "succeeded". */
export type ReasonCode =
  /** An abort interrupted the step, or the run. */
  | 'aborted'
  /** A person ended the run; its undo is not proven. */
  | 'resolved'
  | 'refused'
  | 'orphans'
  /** A load was not there to the run's end, or its figures are not as they were expected. */
  | 'load_died'
  | 'injection_failed'
  /** The node cannot do it: its kernel lacks what the fault needs. */
  | 'not_possible_here'
  | 'no_effect'
  /** Whether it bites could not be measured. */
  | 'effect_unknown'
  | 'ended_early'
  /** Whether it still bit just before its planned end could not be measured. */
  | 'unknown_at_end'
  | 'not_recovered'
  /** Proven undone later than the suite tolerates. */
  | 'undone_late'
  | 'steady_state_unknown'
  | 'steady_state_deviated'
  | 'steady_state_unknown_after'
  /** Some answers of a probe are missing; no failure by itself. */
  | 'probe_incomplete'
  /** Stored as text by a version that knew no codes. */
  | 'earlier_format'

/** Why a step or a run did not succeed. Its sentence is made by `reasonText`, never parsed. */
export interface Reason {
  readonly code: ReasonCode
  readonly detail: string
  /** Only of `ended_early` and `aborted`, where it is known. */
  readonly cause?: EndCause
}

/** The reason as a sentence for people. */
export function reasonText({ code, detail, cause }: Reason): string {
  switch (code) {
    case 'ended_early':
      return `ended_early${cause === undefined ? '' : ` (${cause})`}: ${detail}`
    case 'effect_unknown':
    case 'resolved':
      return `unproven: ${detail}`
    case 'unknown_at_end':
      return `unknown at the end: ${detail}`
    case 'not_recovered':
      return `not_recovered: ${detail}`
    case 'steady_state_unknown':
      return `steady state unknown: ${detail}`
    case 'steady_state_unknown_after':
      return `steady state unknown after the fault: ${detail}`
    case 'steady_state_deviated':
      return `steady state deviated: ${detail}`
    default:
      return detail
  }
}

/** All reasons of a step as sentences. */
export function reasonTexts({ reasons }: { readonly reasons: readonly Reason[] }): readonly string[] {
  return reasons.map(reasonText)
}

/** Refusals as a step's reasons. */
export function refusedReasons(refusals: readonly Refusal[]): readonly Reason[] {
  return refusals.map(({ message }) => ({ code: 'refused', detail: message }))
}
