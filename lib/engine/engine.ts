import type { Config } from '../config.ts'
import type { Injection } from '../domain/injection.ts'
import type { ProbeSample } from '../domain/probe.ts'
import type { ClusterRef, Ended, Run } from '../domain/run.ts'
import type { RunEvent } from '../domain/run-event.ts'
import type { Clock, Cluster, MetricsSink, Notifier, ProbePort, Store } from '../ports.ts'

/** What an onlooker (the live view, a log) is told; nothing of it is needed for the run. */
export type Progress =
  /** Of one step of a group `run` is as that step sees it, and `whole` as it is. */
  | {
      readonly kind: 'event'
      readonly run: Run
      readonly event: RunEvent
      readonly injections: readonly Injection[]
      readonly whole?: Run
    }
  | { readonly kind: 'injection'; readonly run: Run; readonly injections: readonly Injection[] }
  | { readonly kind: 'sample'; readonly run: Run; readonly sample: ProbeSample }
  | { readonly kind: 'note'; readonly run: Run; readonly message: string }

/** All that the engine needs from outside; made in the composition root. */
export interface Engine {
  readonly store: Store
  /** @throws FaultlineError `cluster_gone` when the cluster no longer exists (an embedded one whose process ended, an EKS cluster that was deleted) */
  readonly connect: (ref: ClusterRef) => Promise<Cluster>
  /** What asks the probes of a run in that place. */
  readonly probes: (place: { readonly cluster: Cluster; readonly namespace: string; readonly runId?: string }) => ProbePort
  readonly clock: Clock
  readonly config: Config
  /** This driver's name in leases. */
  readonly owner: string
  /** True when it is certain that a driver of that name no longer lives (a process of this machine that ended). */
  readonly isDead: (owner: string) => boolean
  /** Who is told of runs; none of them ever delays one. */
  readonly notifiers: readonly Notifier[]
  /** Where metrics are pushed to; null: nowhere, they are read from the store only. */
  readonly sink: MetricsSink | null
  /** Leaves the report of a run where it outlives the driver, unless it is there; null: nowhere by itself. Until it did, the run's end is owed. */
  readonly report: ((run: Ended) => Promise<void>) | null
  readonly observe: (progress: Progress) => void
}
