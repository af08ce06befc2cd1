import type { Suite } from './suite.ts'

/**
 * The suite as it can be run where no Prometheus is configured: optional probes that would ask it go, and the thresholds on them; their
 * names are told.
 */
export function withoutPrometheus(suite: Suite): { readonly suite: Suite; readonly leftOut: readonly string[] } {
  const leftOut = suite.probes.flatMap(({ name, source, optional }) =>
    optional && source.type === 'prometheus' && source.url === null ? [name] : [],
  )
  if (leftOut.length === 0) return { suite, leftOut }
  return {
    suite: {
      ...suite,
      probes: suite.probes.filter(({ name }) => !leftOut.includes(name)),
      thresholds: suite.thresholds.filter(({ probe }) => !leftOut.includes(probe)),
    },
    leftOut,
  }
}
