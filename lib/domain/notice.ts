import type { Severity } from './probe.ts'
import type { RunStatus } from './run.ts'
import type { FaultName } from './suite.ts'

/** What people and other programs are told of a run, as events on the bus spell it. */
export const noticeKinds = [
  'run.started',
  'run.refused',
  'run.aborting',
  'run.finished',
  'approval.needed',
  'fault.active',
  'fault.failed',
  'fault.reverted',
  'fault.recovered',
  'fault.not_recovered',
  'threshold.breached',
  'undo.unproven',
] as const
export type NoticeKind = (typeof noticeKinds)[number]

/** One thing to tell. Made from stored history alone, so that a driver that takes a run over can tell what its driver could not. */
export interface Notice {
  /** The same for the same event, also when another driver tells it: `<run>#<version>#<n>`. */
  readonly id: string
  readonly kind: NoticeKind
  readonly at: number
  readonly severity: Severity
  /** Notices of one topic are told once per cool-down. */
  readonly topic: string
  readonly run: {
    readonly id: string
    readonly suite: string
    readonly cluster: string
    readonly clusterUid: string
    readonly namespace: string
    readonly simulated: boolean
    readonly status: RunStatus
    readonly requestedAt: number
  }
  readonly step: { readonly index: number; readonly name: string; readonly fault: FaultName; readonly targets: readonly string[] } | null
  /** The line that ends all chaos on the run's cluster, with the kubeconfig and context that it is meant for where they are known. */
  readonly haltCommand: string
  /** One sentence for people. */
  readonly message: string
  readonly data: Readonly<Record<string, unknown>>
}
