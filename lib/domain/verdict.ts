import { failedLoads } from './load.ts'
import type { Run, TerminalStatus } from './run.ts'

/**
 * The run's verdict from its steps: an abort outweighs a failure, a failure a fault without effect. Orphans are a failure of ours. What was to be
 * under load, and was not to its end, shows nothing.
 */
export function decideVerdict(run: Run, orphans: number): TerminalStatus {
  if (run.abort !== null) return 'aborted'
  const verdicts = run.steps.map((step) => step.verdict)
  if (orphans > 0 || failedLoads(run).length > 0 || verdicts.includes('failed')) return 'failed'
  return verdicts.includes('no_effect') ? 'no_effect' : 'succeeded'
}
