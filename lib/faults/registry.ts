import type { Injection } from '../domain/injection.ts'
import { type FaultName, faultName, type Step } from '../domain/suite.ts'
import { crashloop } from './crashloop.ts'
import { dnsFailure } from './dns-failure.ts'
import type { Fault, Patience } from './fault.ts'
import { httpFault } from './http-fault.ts'
import { injectorBiteMs } from './injector/bite-time.ts'
import { networkDegradation } from './network-degradation.ts'
import { networkPartition } from './network-partition.ts'
import { nodeDrain } from './node-drain/node-drain.ts'
import { podDelete } from './pod-delete.ts'
import { podKill } from './pod-kill.ts'
import { podPause } from './pod-pause.ts'
import { resourceExhaustion } from './resource-exhaustion.ts'

/** Every fault there is. A name of the suite format without an entry does not compile. */
export const faults = {
  'network-partition': networkPartition,
  'pod-delete': podDelete,
  'pod-kill': podKill,
  crashloop,
  'pod-pause': podPause,
  'node-drain': nodeDrain,
  'cpu-exhaustion': resourceExhaustion('cpu'),
  'memory-exhaustion': resourceExhaustion('memory'),
  'disk-exhaustion': resourceExhaustion('disk'),
  'network-exhaustion': resourceExhaustion('network'),
  'network-degradation': networkDegradation,
  'dns-failure': dnsFailure,
  'http-fault': httpFault,
} as const satisfies Record<FaultName, Fault>

/** A CNI that is slow to obey, and a canary that needs seconds to be refused. */
const policyBiteMs = 45_000

/** How long a fault may take until its evidence; a drain tries its evictions again meanwhile. */
export function patienceOf(injection: Pick<Injection, 'fault' | 'undo'>): Patience {
  if (injection.fault === 'node-drain') return { biteMs: 50_000, insist: true }
  if (injection.fault === 'pod-delete') return { biteMs: 5_000, insist: false }
  return { biteMs: injection.undo.kind === 'injector' ? injectorBiteMs(injection.undo) : policyBiteMs, insist: false }
}

/** How long after it began to be put in place a fault may bite at the latest. What is repeated until it is done has its step's time for it. */
export function longestBiteMs(injection: Pick<Injection, 'fault' | 'undo'>, durationMs: number): number {
  const { biteMs, insist } = patienceOf(injection)
  return insist ? Math.max(biteMs, durationMs) : biteMs
}

/** How long after a step was planned its faults end at the latest: their fuses are armed, they bite, and are held for its duration. */
export function longestStepMs({ fault: spec, durationMs }: Step, injections: readonly Pick<Injection, 'undo' | 'fuse'>[]): number {
  const fault = faultName(spec)
  const bites = injections.map(
    ({ undo, fuse }) => (fuse === null ? 0 : armingLeadMs({ fuse })) + longestBiteMs({ fault, undo }, durationMs),
  )
  return Math.max(0, ...bites) + durationMs
}

/**
 * How far ahead of the time that its fault still needs a fuse is kept while the fault is being put in place: what a runner that dies
 * meanwhile leaves lasts this much longer, and no more. A living driver lengthens it once half of it is used up, every look (some calls of
 * at most seconds) anew; 15 s are for the start of a fuse without a pod.
 */
export const leadMs = 20_000

/** The start of a fuse's pod (45 s, for an image to be pulled) and 15 s beyond; brought down to `leadMs` before anything is done. */
export const podLeadMs = 60_000

/** The same while the fuse itself is being armed, and holds nothing yet. */
export function armingLeadMs({ fuse }: Pick<Injection, 'fuse'>): number {
  return fuse?.pod ? podLeadMs : leadMs
}
