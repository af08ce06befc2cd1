import { FaultlineError } from '../domain/errors.ts'
import { compileSelector } from '../domain/label-selector.ts'
import type { ProbeSpec } from '../domain/probe.ts'
import type { Suite } from '../domain/suite.ts'

/** The workload that a suite is to be run on, where it is not the suite's own. */
export interface OtherWorkload {
  readonly namespace?: string | undefined
  readonly selector?: string | undefined
}

/**
 * The suite as it is for another workload. `asked` is how the person said the selector, for the error.
 * @throws FaultlineError `bad_input` for a selector that is none
 */
export function forWorkload(suite: Suite, { namespace = suite.namespace, selector }: OtherWorkload, asked = 'selector'): Suite {
  if (selector === undefined) return { ...suite, namespace }
  checkSelector(selector, asked)
  const steps = suite.steps.map((step) => ({ ...step, targets: { ...step.targets, selector } }))
  const probes = suite.probes.map((probe) => withSelector(probe, suite.selector, selector))
  return { ...suite, namespace, selector, steps, probes }
}

/** A probe of other pods than the workload's keeps its own selector. */
function withSelector(probe: ProbeSpec, before: string, selector: string): ProbeSpec {
  const { source } = probe
  return source.type === 'kubernetes' && source.selector === before ? { ...probe, source: { ...source, selector } } : probe
}

function checkSelector(selector: string, asked: string): void {
  try {
    compileSelector(selector)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new FaultlineError('bad_input', `${asked} ${selector}: ${why}`, { cause: error })
  }
}
