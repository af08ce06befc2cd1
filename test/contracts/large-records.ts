import type { Evidence, Injection, Target } from '../../lib/domain/injection.ts'
import { policyUndo } from '../support/undo-data.ts'
import { nine, plannedInjection } from './records.ts'

const target = (n: number): Target => ({
  kind: 'Pod',
  namespace: 'jadevectordb-system',
  name: `jadevectordb-7c9f8d6b5-${String(n).padStart(5, '0')}`,
  uid: `6f1c0a52-0000-4000-8000-${String(n).padStart(12, '0')}`,
  node: `ip-10-0-${n % 250}-17.eu-central-1.compute.internal`,
  port: 8080,
})

/** Everything that a partition of so many pods leaves in its entry. */
export function largeInjection(count: number, phases: readonly Evidence['phase'][]): Injection {
  const targets = Array.from({ length: count }, (_, n) => target(n))
  const evidence = phases.map((phase, n) => ({
    phase,
    at: nine + n,
    finding: 'yes' as const,
    summary: `of version ${n + 1}`,
    measurements: targets.map(({ name }) => ({ target: name, name: 'canary', unit: '', value: 'open' })),
  }))
  const restarts = Object.fromEntries(targets.map(({ uid }) => [uid, 0]))
  return plannedInjection('r1', 0, 0, { targets, evidence, undo: policyUndo({ restarts }) })
}
