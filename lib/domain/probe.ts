import type { Work } from './work.ts'

/** When a probe is asked. `edge`: before and after; `continuous`: before, during and after. */
export const probeModes = ['before', 'during', 'after', 'edge', 'continuous'] as const
export type ProbeMode = (typeof probeModes)[number]

export const severities = ['info', 'warning', 'critical'] as const
export type Severity = (typeof severities)[number]

export const comparisons = ['<', '<=', '==', '!=', '>=', '>'] as const
export type Comparison = (typeof comparisons)[number]

/** What a probe's value must be for the steady state to hold. */
export type Tolerance =
  | { readonly kind: 'value'; readonly value: number | string | boolean }
  /** Both ends belong to it. */
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  | { readonly kind: 'comparison'; readonly op: Comparison; readonly value: number }
  | { readonly kind: 'regex'; readonly pattern: string }

/** An HTTP endpoint. The value is what `read` says: the status, the latency in ms, or a part of the body. */
export interface HttpSource {
  readonly type: 'http'
  readonly url: string
  readonly method: 'GET' | 'HEAD' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly read:
    | { readonly what: 'status' }
    | { readonly what: 'latency' }
    | { readonly what: 'body' }
    | { readonly what: 'jsonpath'; readonly path: string }
    | { readonly what: 'regex'; readonly pattern: string }
}

/** A PromQL query. `range` asks for a series over the last `windowMs` and reduces it; null: an instant query. */
export interface PrometheusSource {
  readonly type: 'prometheus'
  /** Null: the configured server. */
  readonly url: string | null
  readonly query: string
  readonly range: { readonly windowMs: number; readonly stepMs: number; readonly reduce: 'last' | 'min' | 'max' | 'avg' } | null
  /** What an empty result means; null: it is an error. */
  readonly whenEmpty: number | null
}

/** State of Kubernetes objects in the run's namespace. */
export interface KubernetesSource {
  readonly type: 'kubernetes'
  readonly selector: string
  /** Ready pods; their share of all (0 to 1); restarts since the probe's first look; or how many lack the condition's status. */
  readonly read:
    | { readonly what: 'ready' }
    | { readonly what: 'ready_ratio' }
    | { readonly what: 'restarts' }
    | { readonly what: 'condition'; readonly condition: string; readonly status: 'True' | 'False' }
}

/** A CloudWatch alarm, composite ones too: 0 while it is OK, 1 in alarm. */
export interface CloudWatchAlarmSource {
  readonly type: 'cloudwatch_alarm'
  /** Name or ARN. */
  readonly alarm: string
  /** Null: that of the installation, or of the ARN. */
  readonly region: string | null
  /** What INSUFFICIENT_DATA means; null: it is an error. */
  readonly whenEmpty: number | null
}

/** The newest value of a CloudWatch metric within a window. */
export interface CloudWatchMetricSource {
  readonly type: 'cloudwatch_metric'
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  /** `Average`, `Sum`, `p99`, … */
  readonly statistic: string
  readonly periodMs: number
  readonly windowMs: number
  /** Null: that of the installation. */
  readonly region: string | null
  /** What no value means; null: it is an error. */
  readonly whenEmpty: number | null
}

export type CloudWatchSource = CloudWatchAlarmSource | CloudWatchMetricSource

/** What makes a value of a program that ended: its exit code, the last line of its output, or a value in the JSON that it wrote. */
export type OutputRead =
  | { readonly what: 'exit_code' }
  | { readonly what: 'last_line' }
  | { readonly what: 'jsonpath'; readonly path: string }

/** A check of one's own: a Job that is made for each question. */
export interface JobSource extends Work {
  readonly type: 'job'
  readonly read: OutputRead
}

/** A check of one's own on the machine of the driver; only where a person runs the suite by the command line. */
export interface CommandSource {
  readonly type: 'command'
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly read: OutputRead
}

/** A load of the same suite: whether it runs (1 or 0), or what it said last of a figure. */
export interface LoadSource {
  readonly type: 'load'
  /** Its name. */
  readonly load: string
  /** Its number in the suite. */
  readonly n: number
  /** Null: the run's. */
  readonly namespace: string | null
  readonly read: { readonly what: 'running' } | { readonly what: 'figure'; readonly name: string }
}

export type ProbeSource = HttpSource | PrometheusSource | KubernetesSource | CloudWatchSource | JobSource | CommandSource | LoadSource

/** Whether asking it does something itself, or needs a run that has begun: a plan does not ask it. */
export function needsRun({ source }: Pick<ProbeSpec, 'source'>): boolean {
  return source.type === 'job' || source.type === 'command' || source.type === 'load'
}

/** One question about the steady state, defaults filled in. Times in ms. */
export interface ProbeSpec {
  readonly name: string
  readonly source: ProbeSource
  readonly mode: ProbeMode
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Further tries after one that failed (not after one that measured). */
  readonly retries: number
  readonly tolerance: Tolerance
  /** Share in the resilience score, 1 to 10. */
  readonly weight: number
  /** Unit of the value for reports: s, ms, %, ratio, … */
  readonly unit: string
  /** Left out of a run (and said so) when no Prometheus is configured; else that refuses the start. */
  readonly optional: boolean
}

/** What is done when a probe's value is on the wrong side for `forMs`. */
export interface ThresholdSpec {
  readonly name: string
  /** Name of the probe. */
  readonly probe: string
  /** Crossed while `value op limit` holds. */
  readonly op: Comparison
  readonly limit: number
  readonly forMs: number
  readonly severity: Severity
  readonly action: 'notify' | 'abort'
}

/** When a sample was taken, as seen from the faults. */
export type SamplePhase = 'before' | 'during' | 'after'

/** One answer of a probe. */
export interface ProbeSample {
  readonly probe: string
  readonly at: number
  /** Index of the step; null before the first and after the last. */
  readonly step: number | null
  /** Other steps whose faults were at work with it: the answer counts for each of them. */
  readonly beside?: readonly number[]
  readonly phase: SamplePhase
  /** Null when nothing could be measured. */
  readonly value: number | string | null
  /** Null when nothing could be measured: that is neither within nor out of tolerance, and said so. */
  readonly within: boolean | null
  /** What was measured, or why nothing was. */
  readonly message: string
  readonly tookMs: number
}

/** What one probe answered in one step. Answers count while the fault is active, and once after the workload has recovered. */
export interface ProbeSummary {
  readonly probe: string
  /** Answers that count; `asked - within - unknown` were out of tolerance. */
  readonly asked: number
  readonly within: number
  /** Nothing could be measured. */
  readonly unknown: number
  /** Of the answers that are numbers. */
  readonly min: number | null
  readonly max: number | null
  readonly last: number | string | null
  readonly firstOutAt: number | null
  /** The answer farthest out of tolerance. */
  readonly worst: number | string | null
}

/** Data of the history events `threshold_crossed` and `threshold_recovered`. */
export interface ThresholdCrossing {
  readonly threshold: string
  readonly probe: string
  /** The value that was seen then. */
  readonly value: number
  readonly op: Comparison
  readonly limit: number
  readonly forMs: number
  readonly severity: Severity
  readonly action: ThresholdSpec['action']
  /** Since when the values were on the wrong side, ms since epoch. */
  readonly since: number
}
