import type { Config } from '../config.ts'
import type { Evidence, Injection, TargetEvent } from '../domain/injection.ts'
import type { Inventory } from '../domain/inventory.ts'
import type { KubeObject, ObjectRef } from '../domain/kube.ts'
import type { NamedRun } from '../domain/names.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { CallUnderWay } from '../domain/run-facts.ts'
import type { Step } from '../domain/suite.ts'
import type { UndoData } from '../domain/undo-data.ts'
import type { Clock, Cluster, ListOptions } from '../ports.ts'
import type { AwaitedPods } from './await-pods.ts'

export type SeenList = <T extends KubeObject>(
  kind: Pick<ObjectRef, 'apiVersion' | 'kind'>,
  options: ListOptions,
  maxAgeMs: number,
) => readonly T[] | undefined

/** A call that no fuse can fence: whom it is about. */
export type UnfencedCall = Omit<CallUnderWay, 'sentAt'>

/** What a fault may use: the cluster it acts on and whose run it is part of. */
export interface FaultContext extends NamedRun {
  readonly cluster: Cluster
  /** What people call it; absent where it is not known. */
  readonly clusterName?: string
  readonly clock: Clock
  readonly config: Config
  readonly namespace: string
  /**
   * Sends a call that no fuse can fence. Throws without sending it: `lease_too_short` when the lease might end during it, `refused` when
   * the run is to stop.
   */
  readonly unfenced: <T>(call: UnfencedCall, send: () => Promise<T>) => Promise<T>
  /**
   * Must be awaited right before the call that puts a fenced fault in place, each time it is sent: reads people's switches, and throws
   * `refused` when the run is to stop.
   */
  readonly mayBegin?: () => Promise<void>
  /** Must be awaited before something is made that no fuse owns; throws `lease_lost` when another driver has the run. */
  readonly held?: () => Promise<void>
  /** What this process listed in the last `maxAgeMs`, where a moment does not matter; undefined where it did not. */
  readonly seen?: SeenList
  /** Until it fires, lists that are followed for this run go on being followed; absent where every wait is one for itself. */
  readonly keep?: AbortSignal
  /** While injecting: fires when the run is to stop; waits then give up, and what puts a fault in place is not sent again. */
  readonly interrupt?: AbortSignal
}

/** What is needed to fix a step's targets. Reads only. */
export interface PlanContext extends FaultContext {
  readonly index: number
  readonly step: Step
  readonly seed: number
  readonly inventory: Inventory
}

/** What a fault intends, before the ledger numbers it. */
export type PlannedInjection = Pick<Injection, 'targets' | 'undo' | 'fuse' | 'evidence'>

export interface StepPlan {
  readonly injections: readonly PlannedInjection[]
  readonly refusals: readonly Omit<Refusal, 'step'>[]
  readonly warnings: readonly string[]
}

/**
 * One kind of fault. Handles one injection at a time, never selects and loops; every method may be called again after a crash.
 * `revert` and `undone` rely on what the ledger stored, never on what the process remembers.
 */
export interface Fault {
  /** Fixes targets and undo data and says what forbids the step. Changes nothing. */
  plan(context: PlanContext): Promise<StepPlan>
  /** Puts the fault in place, or finds it there. The fuse, if there is one, is armed and stored already. */
  inject(context: FaultContext, injection: Injection): Promise<void>
  /** Does it bite? */
  evidence(context: FaultContext, injection: Injection, phase: 'during' | 'end'): Promise<Evidence>
  /**
   * While the fault is held: evidence that it ended (its node is gone, a person lifted its cordon), null while it holds. Leave it out where
   * only the fault's own measurement could tell. Cheap: it is asked every few seconds.
   */
  endedEarly?(context: FaultContext, injection: Injection): Promise<Evidence | null>
  /**
   * Looks once more at what `revert` is about to take away. The undo data it returns are stored before the revert
   * begins, so that they outlive a crash; null when there is nothing to remember.
   */
  lastLook?(context: FaultContext, injection: Injection): Promise<UndoData | null>
  /**
   * What its own measurement said ended the effect on a target, where that is written down as it goes. Asked beside the revert, which does
   * not wait for it: what cannot be read any more is not told.
   */
  endSaid?(context: FaultContext, injection: Injection): Promise<readonly TargetEvent[]>
  /** Pods on which it shows that another look for the bite is worth it; only a hint when to look. */
  biteShows?(injection: Injection): AwaitedPods | undefined
  /** The same for the undo. */
  undoShows?(injection: Injection): AwaitedPods
  /** Takes it away. */
  revert(context: FaultContext, injection: Injection): Promise<void>
  /** Is it gone? */
  undone(context: FaultContext, injection: Injection): Promise<Evidence>
}

/** How long a fault has to show that it bites, and whether `inject` is repeated until then (evictions that a budget blocks). */
export interface Patience {
  readonly biteMs: number
  readonly insist: boolean
}
