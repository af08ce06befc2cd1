import type { DegradationSpec } from '../../lib/domain/degradation-spec.ts'
import type { NodeDrainSpec, PodDeleteSpec, PodKillSpec, PodPauseSpec } from '../../lib/domain/failure-spec.ts'
import type { FaultSpec, PartitionSpec, Selection, Step, Suite } from '../../lib/domain/suite.ts'

/** Any pod of the default workload. */
export const anyPod: Selection = { names: null, selector: 'app=jadevectordb', owner: null, zone: null, node: null, percent: null, count: 1 }

export const partition: PartitionSpec = {
  type: 'network_partition',
  kind: 'random',
  mechanism: 'policy',
  scope: 'isolate',
  direction: 'both',
  ports: [],
  cidrs: [],
  keepProbes: true,
}
export const netfilter: FaultSpec = { ...partition, mechanism: 'netfilter' }
export const latency: DegradationSpec = {
  type: 'network_degradation',
  kind: 'latency',
  latencyMs: 100,
  jitterMs: 0,
  lossPercent: 0,
  corruptPercent: 0,
  duplicatePercent: 0,
  rateKbit: null,
  ports: [],
  cidrs: [],
  peersOnly: false,
}
export const podDelete: PodDeleteSpec = { type: 'node_failure', kind: 'pod-delete', graceSeconds: null, allowBarePods: false }
export const podKill: PodKillSpec = {
  type: 'node_failure',
  kind: 'pod-kill',
  signal: 'TERM',
  graceSeconds: 1,
  repeatEverySeconds: null,
  container: null,
}
export const crashloop: FaultSpec = { type: 'node_failure', kind: 'crashloop', container: null }
export const podPause: PodPauseSpec = { type: 'node_failure', kind: 'pod-pause', pulse: null, container: null }
export const nodeDrain: NodeDrainSpec = { type: 'node_failure', kind: 'node-drain', allowBarePods: false, allowEmptyDir: true }
export const memory: FaultSpec = { type: 'resource_exhaustion', kind: 'memory', intensity: 'low', container: null, path: null }

/** One step of 10 s, with 2 s of rest. */
export function stepOf(fault: FaultSpec, change: Partial<Step> = {}): Step {
  return { name: fault.kind, fault, durationMs: 10_000, intervalMs: 2_000, targets: anyPod, hypothesis: '', ...change }
}

/** A suite with short graces. */
export function suiteOf(steps: readonly Step[], change: Partial<Suite> = {}): Suite {
  return {
    name: 'Example',
    description: '',
    namespace: 'jadevectordb-system',
    selector: 'app=jadevectordb',
    graceBeforeMs: 1_000,
    graceAfterMs: 1_000,
    maxDurationMs: 600_000,
    recoveryTimeoutMs: 60_000,
    steps,
    hypothesis: '',
    probes: [],
    thresholds: [],
    schedule: null,
    ...change,
  }
}
