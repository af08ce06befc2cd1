import type { FaultSpec, Step, Suite } from './suite.ts'
import { blockMs, blocksOf, plannedMs } from './together.ts'

/** Left to each step for its workload to be whole again: the longest that was measured, after a crash loop of 75 s, is 23 s. */
const recoveryRoomMs = 30_000

/** No fault is made shorter than this by fitting: evidence is taken every 2 s, and again 5 s before the end of longer ones. */
export const shortestFaultMs = 5_000

/** The suite as it fits into a time, or the least time that it needs. */
export type Fitted =
  | { readonly ok: true; readonly suite: Suite; readonly isShortened: boolean }
  | { readonly ok: false; readonly leastMs: number }

/**
 * Fits a suite into a time: where its faults, rests, grace periods and room for recovery would take longer, all faults become shorter in
 * proportion. Pure.
 */
export function fitSuite(suite: Suite, withinMs: number): Fitted {
  const faultsMs = blocksOf(suite.steps).reduce((sum, block) => sum + blockMs(suite.steps, block), 0)
  const restMs = plannedMs(suite) - faultsMs + blocksOf(suite.steps).length * recoveryRoomMs
  const share = Math.min(1, (withinMs - restMs) / faultsMs)
  const least = Math.max(...suite.steps.map(({ durationMs }) => Math.min(durationMs, shortestFaultMs) / durationMs))
  if (share < least) return { ok: false, leastMs: Math.ceil((restMs + faultsMs * least) / 1000) * 1000 }
  const limited = { ...suite, maxDurationMs: Math.min(withinMs, suite.maxDurationMs) }
  return { ok: true, isShortened: share < 1, suite: share < 1 ? shareOf(limited, share) : limited }
}

/** The suite with every fault lasting that share of its time, whole seconds where it lasts some. */
export function shareOf(suite: Suite, share: number): Suite {
  return { ...suite, steps: suite.steps.map((step) => lasting(sooner(step, share), wholeSeconds(step.durationMs * share))) }
}

/** Its delay is of its group's time, which is shortened as a whole. */
function sooner(step: Step, share: number): Step {
  const { together } = step
  return together === undefined ? step : { ...step, together: { ...together, delayMs: Math.floor(together.delayMs * share) } }
}

function wholeSeconds(ms: number): number {
  return ms < 1_000 ? Math.max(1, Math.floor(ms)) : Math.floor(ms / 1_000) * 1_000
}

function lasting(step: Step, durationMs: number): Step {
  return { ...step, durationMs, fault: withGraceWithin(step.fault, durationMs) }
}

/** KILL has to come before the end, as in a suite file. */
function withGraceWithin(fault: FaultSpec, durationMs: number): FaultSpec {
  if (fault.type !== 'node_failure' || fault.kind !== 'pod-kill') return fault
  return { ...fault, graceSeconds: Math.min(fault.graceSeconds, Math.floor(durationMs / 2_000)) }
}
