import { FaultlineError } from '../domain/errors.ts'
import { fitSuite } from '../domain/fit-suite.ts'
import type { Suite } from '../domain/suite.ts'

/** How long a suite is to take for this once, in seconds. */
export interface OtherTimes {
  /** The longest that it may take. */
  readonly duration?: number | undefined
  /** Quiet before the first and after the last step. */
  readonly grace?: number | undefined
}

/** A suite, and what a person should know of it. */
export interface Warned {
  readonly suite: Suite
  readonly warnings: readonly string[]
}

/**
 * Another quiet before and after, and a time that all of it has to fit into.
 * @throws FaultlineError `bad_input` where it does not
 */
export function withTimes(given: Suite, { duration, grace }: OtherTimes): Warned {
  const suite = grace === undefined ? given : withGrace(given, grace * 1000)
  if (duration === undefined) return { suite, warnings: [] }
  const fitted = fitSuite(suite, duration * 1000)
  if (!fitted.ok) {
    const why = `the suite's faults, rests and grace periods do not fit, with 30 s for each recovery; at least ${fitted.leastMs / 1000} do`
    throw new FaultlineError('bad_input', `--duration ${duration}: ${why}`)
  }
  if (!fitted.isShortened) return { suite: fitted.suite, warnings: [] }
  const changes = fitted.suite.steps.map(
    ({ name, durationMs }, i) => `${name} ${seconds(suite.steps[i]?.durationMs)} → ${seconds(durationMs)}`,
  )
  return { suite: fitted.suite, warnings: [`faults are shortened to fit into --duration ${duration}: ${changes.join(', ')}`] }
}

const seconds = (ms = 0) => `${ms / 1000} s`

/** The time that is added to the suite is added to what it may take. */
function withGrace(suite: Suite, graceMs: number): Suite {
  const more = Math.max(0, 2 * graceMs - suite.graceBeforeMs - suite.graceAfterMs)
  return { ...suite, graceBeforeMs: graceMs, graceAfterMs: graceMs, maxDurationMs: suite.maxDurationMs + more }
}
