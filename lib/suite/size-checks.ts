import { finalRunBytes, leastEntryBytes, tooLarge } from '../domain/record-size.ts'
import type { Step, Suite } from '../domain/suite.ts'
import type { Finding } from './problems.ts'

/**
 * What could never be recorded, whatever the cluster is like: the plan would refuse it as well, with the sizes that it then knows. A run
 * whose end does not fit into its record is not begun.
 */
export function sizeFindings(suite: Suite): readonly Finding[] {
  const run = tooLarge(
    `the record of a run of ${suite.steps.length} steps`,
    finalRunBytes(suite, []),
    'use shorter texts, or several suites',
  )
  return [
    ...(run === null ? [] : [{ path: ['experiments'], at: 'key', message: run } as const]),
    ...suite.steps.flatMap((step, n) => stepFindings(step, n)),
  ]
}

function stepFindings(step: Step, n: number): readonly Finding[] {
  const targets = step.targets.names ?? step.targets.count
  if (targets === null || !isOneEntry(step)) return []
  const count = typeof targets === 'number' ? targets : targets.length
  const message = tooLarge(`the ledger entry of ${count} targets`, leastEntryBytes(targets), 'use fewer targets, or several steps')
  return message === null ? [] : [{ path: ['experiments', n], at: 'key', message }]
}

/** Faults by injector keep an entry for each node, and how many nodes there are is not known here. */
function isOneEntry({ fault }: Step): boolean {
  return fault.kind === 'pod-delete' || (fault.type === 'network_partition' && fault.mechanism === 'policy')
}
