/** What is said of a hypothesis that no probe measures. */
export const unmeasured = 'nothing measures the hypothesis: there are no probes (docs/probes.md)'

/** Whether a suite, or a step of it, says what is expected (not '') and no probe looks whether it holds. Pure. */
export function isUnmeasured({ hypothesis, steps, probes }: Expectation): boolean {
  return probes.length === 0 && [hypothesis, ...steps.map((step) => step.hypothesis)].some((text) => text !== '')
}

interface Expectation {
  readonly hypothesis: string
  readonly steps: readonly { readonly hypothesis: string }[]
  readonly probes: readonly unknown[]
}
