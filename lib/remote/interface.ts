import type { Config } from '../config.ts'
import type { Finding } from '../domain/finding.ts'
import type { HistoryEvent } from '../domain/history-event.ts'
import type { Injection } from '../domain/injection.ts'
import type { ProbeSample } from '../domain/probe.ts'
import type { ClusterRef, Run } from '../domain/run.ts'
import type { Examined } from '../engine/examine-suite.ts'

/**
 * What an installation on AWS and the command line that acts on it have in common: the names of the functions that people use, and what these
 * answer beyond what a console shows. Counted up when a command needs what an older installation does not have.
 */
export const interfaceNumber = 1

/** Header of every answer of ours through a function URL; an answer without it came from AWS itself. */
export const interfaceHeader = 'faultline-interface'

/**
 * The alias behind which the URLs stand. A function believes the caller of an HTTP event only where it was invoked by this name: who may invoke
 * the function itself could write any caller into an event of his own.
 */
export const urlAlias = 'url'

/** The functions that people use. Each has a URL of its own, so that IAM can allow a person the one and not the other. */
export const peoplesFunctions = ['look', 'control', 'halt', 'resume', 'approve'] as const
export type PeoplesFunction = (typeof peoplesFunctions)[number]

/** What the asker of a record knows of it already, so that only the rest is sent. */
export interface Known {
  /** Events of the history. */
  readonly history: number
  /** Answers of probes. */
  readonly samples: number
  /** Digest of the ledger, as the answer before gave it. */
  readonly ledger: string | null
}

/** A part of what the store knows of a run. */
export interface RecordPart {
  readonly run: Run
  /** Null: as before. */
  readonly injections: readonly Injection[] | null
  readonly ledger: string
  /** Those after the known ones. */
  readonly history: readonly HistoryEvent[]
  readonly samples: readonly ProbeSample[]
  /** There is more of it already: ask again. */
  readonly more: boolean
}

/** The stack's output with the URL of a function. */
export function urlOutput(name: PeoplesFunction): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}Url`
}

/** All that a plan is printed from. */
export interface WholePlan extends Examined {
  /** What was changed of the suite for this once, in words. */
  readonly changes: readonly string[]
  readonly seed: number
  readonly cluster: Pick<ClusterRef, 'name' | 'simulated'>
  readonly fuse: Pick<Config['fuse'], 'marginMs'>
}

/** What a round of the reaper did; also what `faultline reap --json` prints. */
export interface ReapDocument {
  readonly reaped: readonly { readonly run: string; readonly verdict: Run['status']; readonly reasons: readonly string[] }[]
  readonly alive: readonly { readonly run: string; readonly state: Run['status']; readonly driver: string | null }[]
  readonly errors: readonly { readonly runId: string | null; readonly message: string }[]
  readonly orphans: readonly string[]
  readonly inert: readonly string[]
}

/** What `doctor` found of a cluster. */
export interface DoctorLook {
  readonly cluster: { readonly name: string; readonly simulated: boolean }
  readonly namespace: string
  readonly findings: readonly Finding[]
}
