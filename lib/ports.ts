import type { AuditEntry, GuardsMark } from './domain/audit.ts'
import type { Control, Controls } from './domain/control.ts'
import type { FisExperiment } from './domain/fis-experiment.ts'
import type { HistoryEvent } from './domain/history-event.ts'
import type { Injection } from './domain/injection.ts'
import type { KubeObject, ObjectRef } from './domain/kube.ts'
import type { MetricFamily, Place, Total } from './domain/metrics.ts'
import type { Notice } from './domain/notice.ts'
import type { ProbeSample, ProbeSpec } from './domain/probe.ts'
import type { ListedRun, Run } from './domain/run.ts'

/**
 * Time as the engine sees it: milliseconds since the Unix epoch. Tests drive it by hand. It never runs backwards within a process; it is
 * not that of another machine (`skewMs` allows for that), and says nothing of how long a process stood still.
 */
export interface Clock {
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface ListOptions {
  /** All namespaces when left out. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/**
 * Objects of a Kubernetes cluster. Errors are `KubernetesError`: `not_found`, `already_exists`, `conflict` (409 on a precondition),
 * `forbidden` (403: RBAC, quota, admission), `invalid` (422), `unavailable` (no answer, 429 or 5xx after the retries). What failed as
 * `unavailable` may have been done all the same, and an object that was read may have changed since: writes carry preconditions.
 */
export interface KubeObjects {
  /** Undefined when there is none. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined>
  /** Every page. */
  list<T extends KubeObject>(kind: Pick<ObjectRef, 'apiVersion' | 'kind'>, options?: ListOptions): Promise<readonly T[]>
  create<T extends KubeObject>(object: T, options?: { readonly dryRun?: boolean } & Repeats): Promise<T>
  /** JSON merge patch, or a JSON patch (with `test` operations) when `patch` is an array. */
  patch<T extends KubeObject>(ref: ObjectRef, patch: object | readonly JsonPatchOperation[], options?: Repeats): Promise<T>
  /**
   * Always with propagationPolicy Background; `uid` is a precondition. `removed`: it is gone with the answer; `deleted`: it will go, once its
   * grace is over or its finalizers are off. `unclear`: it is gone (or another bears its name) after an attempt whose answer was lost, so
   * that this very call may have deleted it.
   */
  delete(ref: ObjectRef, options?: { readonly uid?: string; readonly graceSeconds?: number } & Repeats): Promise<Deletion>
}

/** A write whose answer is lost, or that is asked to come later, is sent again by itself. */
export interface Repeats {
  /** Once it has fired, the write is not sent again; what was on its way stays on its way. */
  readonly until?: AbortSignal | undefined
}

export type Deletion = 'removed' | 'deleted' | 'absent' | 'unclear'

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test'
  readonly path: string
  readonly value?: unknown
}

/** What only pods have. Errors as for objects; a log and a dial tell of their own moment, and of no later one. */
export interface KubePods {
  /** Dials the pod from the API server (`pods/NAME:PORT/proxy`). Any HTTP answer is reached; only a dial error is not. `silent`: nothing came back in time (a dropped packet looks so). */
  dial(pod: { readonly namespace: string; readonly name: string; readonly port: number }, path: string): Promise<DialResult>
  /** Asks for an eviction; `blocked` means a PodDisruptionBudget said 429; the message names it. */
  evict(
    pod: {
      readonly namespace: string
      readonly name: string
      readonly uid: string
    } & Repeats,
  ): Promise<{ readonly outcome: 'evicted' | 'absent' | 'blocked'; readonly message: string }>
  /** The container's log as text, '' when the pod or its log is gone; of the last `sinceSeconds` by the node's own clock, or the last lines. */
  log(pod: {
    readonly namespace: string
    readonly name: string
    readonly container: string
    readonly sinceSeconds?: number
    readonly tailLines?: number
  }): Promise<string>
  /** Whether the current credentials may do each of these (SelfSubjectRulesReview, SelfSubjectAccessReview). */
  can(accesses: readonly Access[]): Promise<readonly boolean[]>
}

/** One thing the credentials may be allowed to do, as a SelfSubjectAccessReview asks it; of all namespaces when none is given. */
export interface Access {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
}

export interface DialResult {
  readonly outcome: 'reached' | 'cut' | 'silent' | 'unknown'
  /** HTTP status, when there was an HTTP answer from the pod. */
  readonly status: number | null
  readonly message: string
}

/** One cluster, connected. */
export interface Cluster {
  readonly objects: KubeObjects
  readonly pods: KubePods
  /** How many calls go out side by side; more wait for a slot. */
  readonly inFlight?: number
  /** Left out where nothing can be watched. */
  readonly awaitList?: AwaitList
  /** Names of the API groups that are served, custom ones too; left out where there are none. */
  readonly groups?: () => Promise<readonly string[]>
  /** Experiments of AWS FIS that are not over, in the account and region of an EKS cluster; left out elsewhere. */
  readonly experiments?: () => Promise<readonly FisExperiment[]>
  /** The user that the API server takes the credentials for; null where it does not say. */
  readonly whoAmI?: () => Promise<string | null>
}

/**
 * Waits until `isThere` says so of a list, as it changes (`there`); not longer than `maxMs`, nor when the signal fires or the way to it breaks
 * (`over`); `cannot` at once where watching is not allowed. A hint when to look: what it saw may lag, and proves nothing. With `keep` the list
 * is followed until that fires, so that the next wait for the same list costs no call.
 */
export type AwaitList = <T extends KubeObject>(
  kind: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  options: ListOptions & { readonly maxMs: number; readonly signal?: AbortSignal | undefined; readonly keep?: AbortSignal | undefined },
  isThere: (items: readonly T[]) => boolean,
) => Promise<'there' | 'over' | 'cannot'>

/**
 * Runs, saved under a version condition: of two savers of one version one wins, and the other is told. Every method may throw
 * `StoreUnavailable`, which leaves open whether a write was stored: the same save again tells.
 */
export interface RunStore {
  /** False when a run of that id exists already (also an ended one). */
  create(run: Run): Promise<boolean>
  /** Strongly consistent. */
  load(id: string): Promise<Run | undefined>
  /** Saves when the stored version is `run.version - 1`, else throws `VersionConflict`. A retry of the same save succeeds. */
  save(run: Run): Promise<void>
  /**
   * Newest first; `limit` leaves out older ended runs only, no live one. `unsettled`: only runs that are over and whose outbox (`events`)
   * is not empty. From an index, so possibly stale: decide on `load`.
   */
  list(options?: { readonly suite?: string; readonly limit?: number; readonly unsettled?: boolean }): Promise<readonly ListedRun[]>
  /**
   * Takes a run away with all that belongs to it; false, and nothing is done, unless it is over and its outbox is empty. Its id may start a
   * run again then.
   */
  remove(id: string): Promise<boolean>
  /** Runs that are not over and whose wake time has come, oldest first; which there are is from an index, when they wake is not. */
  due(now: number): Promise<readonly ListedRun[]>
}

/**
 * Ledger entries and history of runs. What was answered is durable and whole, whatever its size; several entries are not one transaction,
 * so a plan is sealed. An entry of which a part was lost is `invalid`, and never one that has nothing to undo.
 */
export interface LedgerStore {
  /** Write ahead; false when the entry exists. */
  add(injection: Injection): Promise<boolean>
  /** As `RunStore.save`. */
  save(injection: Injection): Promise<void>
  /** Strongly consistent, ordered by step and n. */
  list(runId: string, step?: number): Promise<readonly Injection[]>
  /** Idempotent: events already there are left as they are. */
  appendHistory(runId: string, events: readonly HistoryEvent[]): Promise<void>
  history(runId: string): Promise<readonly HistoryEvent[]>
}

/** Locks without expiry: a dead holder keeps its own until a reaper ends its run. Who holds a lock is no proof that it lives. */
export interface LockStore {
  /** The holder after the call: `runId` when it got (or had) the lock, else the run that has it. */
  acquire(key: string, runId: string): Promise<string>
  /** Moves the lock from `from` to `to`; false when `from` no longer holds it. */
  takeOver(key: string, from: string, to: string): Promise<boolean>
  /** No error when another holds it. */
  release(key: string, runId: string): Promise<void>
}

/** Switches that people set: halt everything, pause a suite, abort a run. Set twice, the last one counts; a driver sees one when it reads. */
export interface ControlStore {
  /** One strongly consistent read of all that concerns the run. */
  read(run: { readonly id: string; readonly suite: string }): Promise<Controls>
  set(control: ControlKey, word: Control): Promise<void>
  /** `seen`: the word that is taken back. False where another has been set since, which stays. */
  clear(control: ControlKey, seen: Control): Promise<boolean>
}

export type ControlKey =
  | { readonly kind: 'halt' }
  | { readonly kind: 'pause'; readonly suite: string }
  | { readonly kind: 'abort'; readonly runId: string }

/** What a probe measured; it throws `FaultlineError` when nothing could be measured. */
export interface ProbeReading {
  readonly value: number | string
  readonly message: string
}

/** Asks one probe once, within its timeout. Retries and tolerance are the engine's. */
export interface ProbePort {
  ask(probe: ProbeSpec, options: { readonly signal: AbortSignal; readonly memory: Map<string, unknown> }): Promise<ProbeReading>
}

/** Answers of a run's probes, in batches; what a crash loses is lost. */
export interface SampleStore {
  add(runId: string, samples: readonly ProbeSample[]): Promise<void>
  /** Oldest first. */
  list(runId: string): Promise<readonly ProbeSample[]>
}

/** A way to tell: an SNS topic, an event bus. Fails with a retryable `FaultlineError` only when it is certain that nothing was told. */
export interface Notifier {
  readonly name: string
  /** False for what is none of its business; everything when left out. */
  wants?(notice: Notice): boolean
  notify(notice: Notice): Promise<void>
  /** Tells of a new entry of the audit trail; left out where that is none of its business. */
  audited?(entry: AuditEntry): Promise<void>
}

/**
 * Who was told what. `claim` answers `ours` once per notifier and key, until it is given back or `forMs` have passed (null: for good);
 * else `held` while another claim lasts, and `taken` where one is for good. Told at least once, not exactly once: a teller that dies
 * between telling and keeping its claim is followed by another, with the same id of the notice.
 */
export interface NoticeStore {
  claim(
    runId: string,
    claim: { readonly notifier: string; readonly key: string; readonly at: number; readonly forMs: number | null },
  ): Promise<'ours' | 'held' | 'taken'>
  /** Makes a claim one for good: it was told. */
  keep(runId: string, claim: { readonly notifier: string; readonly key: string; readonly at: number }): Promise<void>
  giveBack(runId: string, claim: { readonly notifier: string; readonly key: string }): Promise<void>
}

/** Counters and histograms of all runs, and the last values of what is no counter. Each series is one item. */
export interface TotalsStore {
  /** Adds to the amounts of one series; one whose answer was lost may count twice when others add at the same time. */
  add(total: Total): Promise<void>
  /** Replaces the amounts of one series. */
  set(total: Total): Promise<void>
  /** Strongly consistent; of all places when none is given. */
  read(place?: Place): Promise<readonly Total[]>
}

/** Where metrics are pushed to. A push replaces all that the place had there, and fails when it did not get through. */
export interface MetricsSink {
  push(place: Place, families: readonly MetricFamily[]): Promise<void>
}

/** Where reports go that outlive the process that made them. Putting the same name again replaces it. */
export interface ReportStore {
  /** Answers with a link for people. Fails with a `FaultlineError`, within its own time limit. */
  put(name: string, contentType: string, body: string): Promise<string>
  /** Is there a report of that name? Fails as `put` does. */
  has(name: string): Promise<boolean>
  /** The link to a report that is, or will be, there under that name. */
  linkTo(name: string): Promise<string>
}

/** What people did, and what they were answered: entries are added once, and neither changed nor removed by any code. */
export interface AuditStore {
  /** False when the same entry is there already. */
  add(entry: AuditEntry): Promise<boolean>
  /** Strongly consistent, oldest first; `since` (ms since epoch) is itself inside. */
  list(options?: { readonly since?: number }): Promise<readonly AuditEntry[]>
  /** Strongly consistent, newest first. */
  newest(limit: number): Promise<readonly AuditEntry[]>
  /** Keeps which guards a start was under, which is no entry of the trail; false when it is there already. Read: consistent, newest first. */
  markGuards(mark: GuardsMark): Promise<boolean>
  guardsMarks(limit: number): Promise<readonly GuardsMark[]>
}

/** All of the table. */
export interface Store {
  readonly runs: RunStore
  readonly ledger: LedgerStore
  readonly locks: LockStore
  readonly controls: ControlStore
  readonly notices: NoticeStore
  readonly totals: TotalsStore
  readonly samples: SampleStore
  readonly audit: AuditStore
  close(): Promise<void>
}
