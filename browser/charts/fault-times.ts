import type { ChartStep } from '../../lib/report/html/chart-data.ts'

/** What a step's fault is doing from one time to another. */
export interface Phase {
  readonly kind: 'preparing' | 'active' | 'recovering'
  readonly from: number
  readonly to: number
}

/** The stretches that a step has passed through; one that has not ended lasts until `now`. */
export function phasesOf({ plannedAt, activeAt, revertedAt, recoveredAt }: ChartStep, now: number): readonly Phase[] {
  const phases: Phase[] = []
  if (plannedAt !== null) phases.push({ kind: 'preparing', from: plannedAt, to: activeAt ?? Math.min(now, revertedAt ?? now) })
  if (activeAt !== null) phases.push({ kind: 'active', from: activeAt, to: revertedAt ?? now })
  if (activeAt !== null && revertedAt !== null && recoveredAt !== null)
    phases.push({ kind: 'recovering', from: revertedAt, to: recoveredAt })
  return phases
}

/** What was going on at a time: `step 2 Cut the network: active`; '' between the steps. */
export function doingAt(steps: readonly ChartStep[], at: number, now: number): string {
  for (const [i, step] of steps.entries()) {
    const phase = phasesOf(step, now).findLast(({ from, to }) => at >= from && at <= to)
    if (phase !== undefined) return `step ${i + 1} ${step.name}: ${phase.kind}`
  }
  return ''
}

/** Every time that something happened to a fault, in order: where the keyboard stops. */
export function eventTimes(steps: readonly ChartStep[]): readonly number[] {
  const times = steps.flatMap(({ plannedAt, activeAt, detectedAt, plannedEnd, revertedAt, recoveredAt }) =>
    [plannedAt, activeAt, detectedAt, plannedEnd, revertedAt, recoveredAt].filter((time) => time !== null),
  )
  return [...new Set(times)].sort((a, b) => a - b)
}
