import type { Actor } from './actor.ts'
import type { EndCause } from './end-cause.ts'
import type { Finding, Measurement } from './injection.ts'
import type { OwnerBefore } from './owner-before.ts'

export type AbortReason = 'asked' | 'halted' | 'driver_lost' | 'deadline' | 'threshold' | 'cluster_gone' | 'interrupted' | 'fuse_burnt'

export interface Abort {
  readonly reason: AbortReason
  readonly at: number
  readonly by: string
  /** Of a person's word: who it was, and when it was given. */
  readonly actor?: Actor | undefined
  readonly askedAt?: number
  readonly detail: string
  /** What ended the step's fault with it, where that is known. */
  readonly cause?: EndCause
  /** When everything was proven undone after it; absent until then. */
  readonly undoneAt?: number
}

/** A call that no fuse can fence and that was on its way when its driver offered the run: it may arrive late. */
export interface CallUnderWay {
  readonly verb: 'delete' | 'evict' | 'cordon'
  readonly kind: 'Pod' | 'Node'
  /** Empty for nodes. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly sentAt: number
}

/** The run-long Job whose deletion halts the run. */
export interface BeaconRef {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly burnsAt: number
}

/** Pods of the workload that were Ready before the run. */
export interface Baseline {
  readonly ready: number
  readonly total: number
  /** Their controllers; what these want now is what should be there. Absent in records from before this was kept. */
  readonly owners?: readonly OwnerBefore[]
}

/** What the driver learnt about a step's injections, as the run's record needs it. */
export interface InjectedOutcome {
  readonly n: number
  readonly status: 'active' | 'no_effect' | 'failed'
  /** What the evidence said of the bite; absent where none was taken. */
  readonly finding?: Finding
  readonly reason: string | null
  /** Of a failed one: the node cannot do it, and no further try would. */
  readonly isImpossible?: true
  readonly measurements: readonly Measurement[]
  /** When it was first seen to bite; absent where it was not. */
  readonly biteAt?: number
}

export interface RecheckedOutcome {
  readonly n: number
  readonly finding: Finding
  readonly summary: string
  /** What ended it early, where that is known. */
  readonly cause?: EndCause
}
