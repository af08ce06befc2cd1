import type { Outcome } from '../../domain/finding.ts'
import type { FaultContext } from '../../faults/fault.ts'
import type { NodeLooks } from './node-looks.ts'
import type { OwnObjects } from './own-objects.ts'

/** What the checks of a cluster work with. Everything they make bears the run label `runId`, and goes with one fuse. */
export interface ClusterLook extends FaultContext {
  /** Label selector of the workload whose pods the API server should reach. */
  readonly selector: string
  readonly own: OwnObjects
  readonly nodes: NodeLooks
  /** Other things that a run talks to, where they are set up: each asks once, and answers with what it found. */
  readonly outlets: Outlets
}

export interface Outlets {
  readonly prometheus: (() => Promise<string>) | null
  readonly pushgateway: (() => Promise<string>) | null
  /** Who hears of alerts, judged. */
  readonly topic: (() => Promise<readonly Outcome[]>) | null
}
