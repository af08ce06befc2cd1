/** What can be done to a workload, as the suite file spells it. */
export const partitionKinds = ['random', 'specific', 'all'] as const
export const nodeFailureKinds = ['pod-delete', 'pod-kill', 'crashloop', 'node-drain'] as const
export const resourceKinds = ['cpu', 'memory', 'disk', 'network'] as const
export const intensities = ['low', 'medium', 'high'] as const
export const partitionMechanisms = ['auto', 'policy', 'netfilter'] as const

export type PartitionKind = (typeof partitionKinds)[number]
export type NodeFailureKind = (typeof nodeFailureKinds)[number]
export type ResourceKind = (typeof resourceKinds)[number]
export type Intensity = (typeof intensities)[number]
export type PartitionMechanism = (typeof partitionMechanisms)[number]

/** The signal a container's main process gets; TERM is followed by KILL after `graceMs`. */
export type KillSignal = 'TERM' | 'KILL'

/** One fault and its own parameters, defaults filled in. */
export type FaultSpec =
  | { readonly type: 'network_partition'; readonly kind: PartitionKind; readonly mechanism: PartitionMechanism }
  | { readonly type: 'node_failure'; readonly kind: 'pod-delete'; readonly graceSeconds: number | null; readonly allowBarePods: boolean }
  | {
      readonly type: 'node_failure'
      readonly kind: 'pod-kill'
      readonly signal: KillSignal
      readonly graceSeconds: number
      readonly container: string | null
    }
  | { readonly type: 'node_failure'; readonly kind: 'crashloop'; readonly container: string | null }
  | { readonly type: 'node_failure'; readonly kind: 'node-drain'; readonly allowBarePods: boolean; readonly allowEmptyDir: boolean }
  | {
      readonly type: 'resource_exhaustion'
      readonly kind: ResourceKind
      readonly intensity: Intensity
      readonly container: string | null
    }

/**
 * Which pods (or, for a drain, whose nodes) a step may hit. All given conditions hold together; `percent` and `count`
 * then say how many of the candidates are taken. Null means "not asked for".
 */
export interface Selection {
  readonly names: readonly string[] | null
  /** Kubernetes label selector, e.g. `app=jadevectordb,tier in (data,query)`. */
  readonly selector: string
  /** `Kind/name` of a controller, e.g. `deployment/jadevectordb`. */
  readonly owner: string | null
  readonly zone: string | null
  readonly node: string | null
  readonly percent: number | null
  readonly count: number | null
}

export interface Step {
  readonly name: string
  readonly fault: FaultSpec
  readonly durationMs: number
  /** Rest between this step and the next one; none after the last. */
  readonly intervalMs: number
  readonly targets: Selection
}

/** A suite file with every default filled in; a run keeps its own copy. */
export interface Suite {
  readonly name: string
  readonly description: string
  readonly namespace: string
  /** The workload under test: its health is what a run is judged by. A step may select other pods. */
  readonly selector: string
  readonly graceBeforeMs: number
  readonly graceAfterMs: number
  /** The run aborts (and reverts) when it has lasted longer. */
  readonly maxDurationMs: number
  /** How long a step may wait for the workload to be healthy again. */
  readonly recoveryTimeoutMs: number
  readonly steps: readonly Step[]
}

/** Names of the faults as reports and the registry know them. */
export const faultNames = [
  'network-partition',
  'pod-delete',
  'pod-kill',
  'crashloop',
  'node-drain',
  'cpu-exhaustion',
  'memory-exhaustion',
  'disk-exhaustion',
  'network-exhaustion',
] as const
export type FaultName = (typeof faultNames)[number]

/** The registry's name for what a step does. */
export function faultName(spec: FaultSpec): FaultName {
  switch (spec.type) {
    case 'network_partition':
      return 'network-partition'
    case 'node_failure':
      return spec.kind
    case 'resource_exhaustion':
      return `${spec.kind}-exhaustion`
  }
}

/** The time the suite takes when nothing goes wrong and recovery is instant, in milliseconds. */
export function plannedMs(suite: Pick<Suite, 'graceBeforeMs' | 'graceAfterMs' | 'steps'>): number {
  const steps = suite.steps.reduce((sum, step) => sum + step.durationMs + step.intervalMs, 0)
  const lastRest = suite.steps.at(-1)?.intervalMs ?? 0
  return suite.graceBeforeMs + steps - lastRest + suite.graceAfterMs
}
