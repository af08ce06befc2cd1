import type { DegradationSpec } from './degradation-spec.ts'
import type { DnsSpec } from './dns-spec.ts'
import type { EndCause } from './end-cause.ts'
import type { ExactAmount } from './exact-amount.ts'
import type { FailureSpec } from './failure-spec.ts'
import type { Freeze, Hours } from './hours.ts'
import type { HttpSpec } from './http-spec.ts'
import type { LoadSpec } from './load-spec.ts'
import type { ProbeSpec, ThresholdSpec } from './probe.ts'

/** What can be done to a workload, as the suite file spells it. */
export const partitionKinds = ['random', 'specific', 'all'] as const
export const resourceKinds = ['cpu', 'memory', 'disk', 'network'] as const
export const intensities = ['low', 'medium', 'high'] as const
/** How a network is used up: little of its rate is left, or a load fills it. */
export const networkModes = ['rate', 'load'] as const
export const partitionMechanisms = ['auto', 'policy', 'netfilter'] as const

export const partitionScopes = ['isolate', 'peers', 'split'] as const
export const directions = ['both', 'in', 'out'] as const

export type PartitionScope = (typeof partitionScopes)[number]
export type Direction = (typeof directions)[number]
export type PartitionKind = (typeof partitionKinds)[number]
export type ResourceKind = (typeof resourceKinds)[number]
export type Intensity = (typeof intensities)[number]
export type PartitionMechanism = (typeof partitionMechanisms)[number]

/** Cuts the targets off. Ports and CIDRs narrow the cut; empty lists mean all. */
export interface PartitionSpec {
  readonly type: 'network_partition'
  readonly kind: PartitionKind
  /** `auto`: netfilter where an injector is configured, else policy. */
  readonly mechanism: PartitionMechanism
  /** `isolate`: from everything; `peers`: from the other pods of the workload; `split`: the targets together from the rest of it. */
  readonly scope: PartitionScope
  /** Label selector of the far side of `peers` and `split`; left out: the workload. */
  readonly against?: string
  readonly direction: Direction
  readonly ports: readonly number[]
  readonly cidrs: readonly string[]
  /** The kubelet's probes still pass, so that the pod is not restarted for being unreachable. */
  readonly keepProbes: boolean
  /** Pods that join the selection while the fault is held are cut off, too; only there where it is asked for. */
  readonly coverNew?: true
  /** A cut that none of the workload's traffic met is a bite, too; only there where it is asked for. */
  readonly allowUnused?: true
}

export interface ExhaustionSpec {
  readonly type: 'resource_exhaustion'
  readonly kind: ResourceKind
  /** Left out where `amount` says it exactly; one of the two is there. */
  readonly intensity?: Intensity
  readonly amount?: ExactAmount
  readonly container: string | null
  /** Where the disk is filled: an absolute path in the container; null: its /tmp. Only for disk. */
  readonly path: string | null
  /** Only for network; left out: `rate`. */
  readonly mode?: (typeof networkModes)[number]
  /** Of a network's rate, as for a partition. */
  readonly allowUnused?: true
}

/** One fault and its own parameters, defaults filled in. */
export type FaultSpec = PartitionSpec | FailureSpec | ExhaustionSpec | DegradationSpec | DnsSpec | HttpSpec

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
  /** Label selector of the nodes that the pods run on; left out: any. */
  readonly nodeSelector?: string
  readonly percent: number | null
  readonly count: number | null
  /** The amount is the kind's own, which no person asked for: a guard may make it less. */
  readonly isUsual?: true
}

export interface Step {
  readonly name: string
  readonly fault: FaultSpec
  readonly durationMs: number
  /** Rest between this step and the next one; none after the last. */
  readonly intervalMs: number
  readonly targets: Selection
  /** `all`: more than half of a workload may be hit, and the last pod that is Ready. Left out: no. */
  readonly blastRadius?: 'all'
  /** What may end the fault before its planned end without that being a failure: what the step is there to show. */
  readonly expect?: EndCause
  /** What is expected to hold while the fault is active, for people; '' when nothing was said. */
  readonly hypothesis: string
  /** The group in which it overlaps with its neighbours; left out: it is alone. */
  readonly together?: Together
}

/** A step's place in a group of steps that overlap. Neighbours in the list that name the same group are one. */
export interface Together {
  readonly group: string
  /** From the begin of the group, or from when the last of `after` is undone. */
  readonly delayMs: number
  /** Names of steps of the group that are to be undone first. */
  readonly after: readonly string[]
}

/** So many targets a step may have; what is recorded of them is read whole by the driver that undoes it. */
export const mostTargets = 10_000

/** The most of something that one step may hit; both hold where both are given. A share is rounded down, also to none. */
export interface Most {
  readonly percent?: number | undefined
  readonly count?: number | undefined
}

/** What a suite may bind itself to, beside what it is bound to. */
export interface GuardLimits {
  readonly kinds?: readonly FaultName[] | undefined
  readonly perWorkload?: Most | undefined
  readonly perNamespace?: Most | undefined
  readonly perNode?: Most | undefined
  readonly perZone?: Most | undefined
  /** Pods of each workload that stay Ready. */
  readonly fewestReady?: number | undefined
  /** Headroom of PodDisruptionBudgets is needed whatever a step says. */
  readonly disruptionBudgets?: true | undefined
  /** Patterns of images that loads and Jobs of probes may run. */
  readonly images?: readonly string[] | undefined
  /** Of one step, in seconds. */
  readonly longestStep?: number | undefined
  /** Of a whole run (its `maxDuration`), in seconds. */
  readonly longestRun?: number | undefined
  /** Starts and faults are allowed inside one of them. */
  readonly windows?: readonly Hours[] | undefined
  readonly freezes?: readonly Freeze[] | undefined
  /** Seconds that a scheduled start may come after its time. */
  readonly latestStart?: number | undefined
}

/** A suite file with every default filled in; a run keeps its own copy. */
export interface Suite {
  /** A fault that is proven undone later than this after its planned end fails its step; left out: it is only told. */
  readonly undoWithinMs?: number
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
  /** What is expected of the system under these faults, for people; '' when nothing was said. */
  readonly hypothesis: string
  readonly probes: readonly ProbeSpec[]
  readonly thresholds: readonly ThresholdSpec[]
  /** What is at work from before the first step to after the last; only there where something is. */
  readonly load?: readonly LoadSpec[]
  /** What it binds itself to, beside what it is bound to. */
  readonly guards?: GuardLimits
  /** When it starts by itself, once deployed; null: by hand only. */
  readonly schedule: Schedule | null
  /** What was put in the place of the file's variables; only there where it has any. */
  readonly variables?: readonly SuiteVariable[]
  /** Steps of the file that this run was told to leave out; only there where there are any. */
  readonly leftOut?: readonly LeftOutStep[]
}

/** A step that a person left out of a run: its number in the file, from 1, and its name. */
export interface LeftOutStep {
  readonly number: number
  readonly name: string
}

/** A variable of a suite file, and what it stood for in this run. */
export interface SuiteVariable {
  readonly name: string
  readonly value: string
  /** `said`: for this run, by a flag or an event. */
  readonly from: 'said' | 'environment' | 'default'
}

/** A schedule as EventBridge Scheduler takes it: either `cron` or `rate`, without the word around it. */
export interface Schedule {
  readonly cron: string | null
  readonly rate: string | null
  readonly timezone: string
  readonly enabled: boolean
  /** Name of a configured cluster; null: the default one. */
  readonly cluster: string | null
  readonly window: StartWindow | null
}

/** When scheduled starts are allowed, in the schedule's time zone. */
export type StartWindow = Pick<Hours, 'days' | 'fromMinute' | 'toMinute'>

/** Every kind of fault, as guards, reports and metrics call it. */
export const faultNames = [
  'network-partition',
  'pod-delete',
  'pod-kill',
  'crashloop',
  'pod-pause',
  'node-drain',
  'cpu-exhaustion',
  'memory-exhaustion',
  'disk-exhaustion',
  'network-exhaustion',
  'network-degradation',
  'dns-failure',
  'http-fault',
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
    case 'network_degradation':
      return 'network-degradation'
    case 'dns_failure':
      return 'dns-failure'
    case 'http_fault':
      return 'http-fault'
  }
}
