import type { ProbeSample } from '../../domain/probe.ts'
import type { Run } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { Cluster } from '../../ports.ts'
import type { Engine } from '../engine.ts'

/** What probing needs of the driver it belongs to. */
export interface Probed {
  readonly engine: Engine
  readonly cluster: Cluster
  readonly run: Run
  record(event: RunEvent): Promise<void>
  requestStop(why: Omit<Abort, 'at'>): void
  note(message: string): void
  sampled(sample: ProbeSample): void
}
