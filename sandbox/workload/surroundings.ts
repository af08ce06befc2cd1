import type { Cluster } from '../cluster.ts'
import type { Peer } from '../network.ts'
import type { Usage } from '../usage.ts'
import type { Pod } from '../wire.ts'

/** What the simulated workload feels of the world: who is there, what a pod uses, whom it reaches. */
export interface Surroundings {
  readonly cluster: Cluster
  usage(pod: Pod): Usage
  /** Whether packets get from a peer to a pod's port: policies and cuts, not whether anything listens. */
  reaches(from: Peer, to: Pod, port: number): boolean
}
