import type { Run, TerminalStatus } from './run.ts'

/** The run's verdict from its steps: an abort outweighs a failure, a failure a fault without effect. Orphans are a failure of ours. */
export function decideVerdict(run: Run, orphans: number): TerminalStatus {
  if (run.abort !== null) return 'aborted'
  const verdicts = run.steps.map((step) => step.verdict)
  if (orphans > 0 || verdicts.includes('failed')) return 'failed'
  return verdicts.includes('no_effect') ? 'no_effect' : 'succeeded'
}
