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
