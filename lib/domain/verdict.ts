import type { Run, TerminalStatus } from './run.ts'

/** The run's verdict from its steps: an abort outweighs a failure, a failure a fault without effect. Orphans are a failure of ours. */
export function decideVerdict(run: Run, orphans: number): { readonly status: TerminalStatus; readonly reasons: readonly string[] } {
  const reasons = run.steps.flatMap((step) => step.reasons.map((reason) => `${step.name}: ${reason}`))
  if (run.abort !== null) return { status: 'aborted', reasons: [`${run.abort.reason}: ${run.abort.detail}`, ...reasons] }
  const verdicts = run.steps.map((step) => step.verdict)
  if (orphans > 0) return { status: 'failed', reasons: [`${orphans} orphaned objects were found and removed`, ...reasons] }
  if (verdicts.includes('failed')) return { status: 'failed', reasons }
  if (verdicts.includes('no_effect')) return { status: 'no_effect', reasons }
  return { status: 'succeeded', reasons }
}
