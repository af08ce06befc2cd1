/** What can be done to pods and nodes themselves, as the suite file spells it. */
export const nodeFailureKinds = ['pod-delete', 'pod-kill', 'crashloop', 'pod-pause', 'node-drain'] as const

/** The signal a container's main process gets; TERM is followed by KILL after `graceMs`. */
export type KillSignal = 'TERM' | 'KILL'

export interface PodDeleteSpec {
  readonly type: 'node_failure'
  readonly kind: 'pod-delete'
  readonly graceSeconds: number | null
  readonly allowBarePods: boolean
  /** Also pods of DaemonSets and on the host's network: what is done to them does not touch their node. */
  readonly allowNodePods?: true
}

export interface PodKillSpec {
  readonly type: 'node_failure'
  readonly kind: 'pod-kill'
  readonly signal: KillSignal
  readonly graceSeconds: number
  /** Seconds between kills through the whole duration; null: once. */
  readonly repeatEverySeconds: number | null
  readonly container: string | null
  /** As for a deletion. */
  readonly allowNodePods?: true
}

export interface CrashloopSpec {
  readonly type: 'node_failure'
  readonly kind: 'crashloop'
  readonly container: string | null
  /** As for a deletion. */
  readonly allowNodePods?: true
}

/** All processes of a container stand still: for the whole duration, or in pulses. */
export interface PodPauseSpec {
  readonly type: 'node_failure'
  readonly kind: 'pod-pause'
  /** Null: for the whole duration. */
  readonly pulse: { readonly everySeconds: number; readonly forSeconds: number } | null
  readonly container: string | null
}

export interface NodeDrainSpec {
  readonly type: 'node_failure'
  readonly kind: 'node-drain'
  readonly allowBarePods: boolean
  readonly allowEmptyDir: boolean
}

/** A node_failure and its own parameters, defaults filled in. */
export type FailureSpec = PodDeleteSpec | PodKillSpec | CrashloopSpec | PodPauseSpec | NodeDrainSpec
