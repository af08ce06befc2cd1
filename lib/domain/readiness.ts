import type { ProbeSample, ProbeSpec } from './probe.ts'
import type { Baseline } from './run-facts.ts'
import type { Suite } from './suite.ts'
import { counted } from './text.ts'

/** The part of a run that says what it is measured by. */
interface Measured {
  readonly suite: Suite
  readonly baseline: Baseline | null
}

/** So often the Ready pods of a run without probes are counted, as a probe is asked that says nothing else; a list of many costs the API server more. */
const intervalMs = 5_000
const intervalMsPerPod = 10
const timeoutMs = 5_000

/** Under this name the counts stand among the answers of probes. A suite that has probes is not watched, so none of them shares it. */
export const readyPods = 'ready pods'

/** How few pods of the workload were Ready from the plan of a step on, and for how long. Counts stand until the next one. */
export interface Readiness {
  readonly fewest: number
  /** Ready before the run. */
  readonly of: number
  /** In all, ms. */
  readonly forMs: number
  /** First seen then, ms since epoch. */
  readonly at: number
}

/**
 * What counts the Ready pods of a run whose suite has no probes; null for a suite that has, and before the start is decided. Its tolerance is
 * what was Ready before the run; no verdict and no score goes by it.
 */
export function readinessWatch({ suite, baseline }: Measured): ProbeSpec | null {
  if (suite.probes.length > 0 || baseline === null) return null
  return {
    name: readyPods,
    source: { type: 'kubernetes', selector: suite.selector, read: { what: 'ready' } },
    mode: 'during',
    intervalMs: Math.max(intervalMs, intervalMsPerPod * baseline.total),
    timeoutMs,
    retries: 0,
    tolerance: { kind: 'comparison', op: '>=', value: baseline.ready },
    weight: 1,
    unit: 'pods',
    optional: true,
  }
}

/** What a run is measured by: its suite's probes, or without any the readiness of its pods. */
export function watchedProbes(run: Measured): readonly ProbeSpec[] {
  const watch = readinessWatch(run)
  return watch === null ? run.suite.probes : [watch]
}

/** The counts of a step, one after the other. */
export interface ReadyCount {
  readonly readiness: Readiness
  /** The newest count; its value is null where nothing could be counted. */
  readonly last: Pick<ProbeSample, 'at' | 'value'>
}

/** One count more. Pure. */
export function withCount(before: ReadyCount | null, { at, value }: Pick<ProbeSample, 'at' | 'value'>, of: number): ReadyCount | null {
  const last = { at, value }
  if (before === null) return typeof value === 'number' ? { readiness: { fewest: value, of, forMs: 0, at }, last } : null
  const readiness = readinessAt(before, at)
  return { readiness: typeof value === 'number' && value < readiness.fewest ? { fewest: value, of, forMs: 0, at } : readiness, last }
}

/** What the counts say at a time that is not before the newest of them. Pure. */
export function readinessAt({ readiness, last }: ReadyCount, now: number): Readiness {
  return last.value === readiness.fewest ? { ...readiness, forMs: readiness.forMs + Math.max(0, now - last.at) } : readiness
}

/** `0 of 3 pods were ready for 20 s`; all of them: `never fewer than 3 pods were ready`. */
export function readinessText({ fewest, of, forMs }: Readiness): string {
  if (fewest >= of) return `never fewer than ${counted(of, 'pod')} ${of === 1 ? 'was' : 'were'} ready`
  return `${fewest} of ${counted(of, 'pod')} ${fewest === 1 ? 'was' : 'were'} ready for ${Math.max(1, Math.round(forMs / 1000))} s`
}
