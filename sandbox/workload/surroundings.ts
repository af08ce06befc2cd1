import type { Usage } from '../usage.ts'
import type { Pod } from '../wire.ts'
import type { Ground, Members } from './members.ts'

/** What the simulated workload feels of the world: who is there, what a pod uses, whom it reaches. */
export interface Surroundings extends Ground {
  readonly members: Members
  usage(pod: Pod): Usage
  /** Whether anything injected acts on it now. */
  isDisturbed(pod: Pod): boolean
}
