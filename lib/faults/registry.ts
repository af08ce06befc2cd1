import type { Injection } from '../domain/injection.ts'
import type { FaultName } from '../domain/suite.ts'
import { crashloop } from './crashloop.ts'
import type { Fault, Patience } from './fault.ts'
import { injectorBiteMs } from './injector/job.ts'
import { networkDegradation } from './network-degradation.ts'
import { networkPartition } from './network-partition.ts'
import { nodeDrain } from './node-drain/node-drain.ts'
import { podDelete } from './pod-delete.ts'
import { podKill } from './pod-kill.ts'
import { resourceExhaustion } from './resource-exhaustion.ts'

/** Every fault there is. A name of the suite format without an entry does not compile. */
export const faults = {
  'network-partition': networkPartition,
  'pod-delete': podDelete,
  'pod-kill': podKill,
  crashloop,
  'node-drain': nodeDrain,
  'cpu-exhaustion': resourceExhaustion('cpu'),
  'memory-exhaustion': resourceExhaustion('memory'),
  'disk-exhaustion': resourceExhaustion('disk'),
  'network-exhaustion': resourceExhaustion('network'),
  'network-degradation': networkDegradation,
} as const satisfies Record<FaultName, Fault>

const injectorPatience: Patience = { biteMs: injectorBiteMs, insist: false }

/** How long each may take until its evidence; a drain tries its evictions again meanwhile. */
export const patience = {
  'network-partition': injectorPatience,
  'pod-delete': { biteMs: 5_000, insist: false },
  'pod-kill': injectorPatience,
  crashloop: injectorPatience,
  'node-drain': { biteMs: 50_000, insist: true },
  'cpu-exhaustion': injectorPatience,
  'memory-exhaustion': injectorPatience,
  'disk-exhaustion': injectorPatience,
  'network-exhaustion': injectorPatience,
  'network-degradation': injectorPatience,
} as const satisfies Record<FaultName, Patience>

/** Start of the fuse's pod (45 s), and 15 s to cordon and to ask for the first evictions; then the fuse is lengthened as they go on. */
const drainPreparationMs = 60_000
/** As long as an injector may take to show that it bites: its own end is fixed when its Job is made; and 5 s for its fuse to start. */
const injectorPreparationMs = 50_000
/** Start of the fuse (15 s at most) and of the policy; a CNI that takes longer has the fuse lengthened. */
const policyPreparationMs = 20_000

/**
 * How far ahead of the time that its fault still needs a fuse is kept while the fault is being put in place: what a runner that dies
 * meanwhile leaves lasts this much longer, and no more. Lengthened as the preparation goes on.
 */
export function preparationMs({ fault, undo }: Pick<Injection, 'fault' | 'undo'>): number {
  if (fault === 'node-drain') return drainPreparationMs
  return 'job' in undo ? injectorPreparationMs : policyPreparationMs
}
