import { expect, it } from '@jest/globals'
import { recheckTimeOf } from '../../lib/domain/next-action.ts'
import { sealOf } from '../../lib/domain/plan-seal.ts'
import type { Run } from '../../lib/domain/run.ts'

function planOf(targets: number) {
  const target = (n: number) => ({ kind: 'Pod', namespace: 'shop', name: `pod-${n}`, uid: `uid-${n}`, node: 'node-1' }) as const
  return sealOf('plan', [{ n: 0, fault: 'network-partition', plan: 'plan', targets: Array.from({ length: targets }, (_, n) => target(n)) }])
}

it.each([
  [1_000, 120_000, 115_000],
  [10_000, 120_000, 100_000],
  [10_000, 20_000, 110_000],
])('the last look at %i targets that are held for %i ms until 120 s begins at %i ms', (targets, durationMs, at) => {
  const holding = { status: 'holding', step: 0, revertAt: 120_000, suite: { steps: [{ durationMs }] }, steps: [{ plan: planOf(targets) }] }
  expect(recheckTimeOf(holding as unknown as Extract<Run, { status: 'holding' }>)).toBe(at)
})
