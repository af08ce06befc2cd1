import type { FaultName } from './suite.ts'
import type { UndoData } from './undo-data.ts'

/** A pod or node, fixed when the step is planned. `node` is where a pod runs (for a node: itself). */
export interface Target {
  readonly kind: 'Pod' | 'Node'
  /** Empty for nodes. */
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly node: string
  /** Only for faults inside a container. */
  readonly container?: { readonly name: string; readonly id: string }
  /** TCP port the canary dials, if one is known. */
  readonly port?: number
}

/** What evidence says: `yes` and `no` are measured, `unknown` is all that could not be. */
export type Finding = 'yes' | 'no' | 'unknown'

/** An injector measures before it acts and tells both together; such figures are named `before …`. */
export const beforePrefix = 'before '

/** A figure of those who measure: for how many ms the effect had been held when it was known as one. */
export const heldFor = 'held for'

/** What became of a target while it was hit, by a code that is stable and a sentence for people. */
export interface TargetEvent {
  /** ms since epoch, by the clock of the process that saw it. */
  readonly at: number
  /** Name of the pod or node. */
  readonly target: string
  readonly code: string
  readonly message: string
}

/** One measured figure of one target. */
export interface Measurement {
  /** Name of the pod or node. */
  readonly target: string
  readonly name: string
  readonly unit: string
  readonly value: number | string
}

/**
 * What was seen of a fault at one time. `before`: prior to the injection; `during`: once active; `end`: just before its planned end;
 * `after`: after the revert. `finding` answers "does it bite?" (during, end) or "is it gone?" (after).
 */
export interface Evidence {
  readonly phase: 'before' | 'during' | 'end' | 'after'
  readonly at: number
  readonly finding: Finding
  /** One sentence for people. */
  readonly summary: string
  readonly measurements: readonly Measurement[]
  /** What was seen to become of the targets; absent where nothing was. */
  readonly events?: readonly TargetEvent[]
}

/** The in-cluster expiry an injection needs before it may create anything; null where nothing outlives the action. */
export interface FuseSpec {
  readonly namespace: string
  readonly name: string
  /** Only for what no owner can carry (a cordon): a pod that undoes it at the deadline, on another node than `awayFrom`. */
  readonly pod: { readonly image: string; readonly serviceAccount: string; readonly awayFrom: string } | null
}

/** A fuse that was read back burning. Its UID is the fence: objects that name it are collected once it is gone. */
export interface FuseRef {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** When Kubernetes ends it, ms since epoch. */
  readonly burnsAt: number
}

export type InjectionStatus =
  /** stored; nothing touched */
  | 'planned'
  /** the cluster may have been touched */
  | 'injecting'
  /** proven to bite */
  | 'active'
  /** in place, but nothing shows that it bites */
  | 'no_effect'
  /** could not be put in place */
  | 'failed'
  /** being undone, or waiting for the proof */
  | 'reverting'
  /** proven to be gone */
  | 'reverted'

/** A ledger entry: one object or action that carries a fault for one or many targets. */
export interface Injection {
  readonly runId: string
  readonly step: number
  readonly n: number
  /** The plan it belongs to; it counts only when that plan was sealed. Absent in records from before there were seals. */
  readonly plan?: string
  readonly version: number
  readonly fault: FaultName
  readonly targets: readonly Target[]
  readonly undo: UndoData
  readonly fuse: FuseSpec | null
  readonly armed: FuseRef | null
  readonly status: InjectionStatus
  /** When the first driver began to inject it; how long it may take to bite counts from here, for later drivers too. */
  readonly injectingAt?: number
  /** Worst thing seen so far, for people: why it failed, had no effect, or ended early. */
  readonly reason: string | null
  /** Of a failed one: its node cannot do it, and no further try would. */
  readonly isImpossible?: true
  readonly evidence: readonly Evidence[]
  /** After this time the objects of this injection are orphans, ms since epoch. */
  readonly expiresAt: number
}

/** True while undoing it is still owed. */
export function isOpen(injection: Pick<Injection, 'status'>): boolean {
  return injection.status !== 'reverted'
}
