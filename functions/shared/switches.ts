import { isEnded } from '../../lib/domain/run.ts'
import { type Answer, runLine } from './answers.ts'
import type { Invocation } from './compose.ts'
import type { SwitchInput } from './inputs.ts'

/** What a person reads in a console; an answer of a function is 6 MB at most. */
export const recentRuns = 10

/** Every driver sees it within seconds. */
export async function halt({ by, why }: SwitchInput, { store, clock }: Invocation): Promise<Answer> {
  await store.controls.set({ kind: 'halt' }, by, why, clock.now())
  const live = (await store.runs.list({ limit: recentRuns })).filter((run) => !isEnded(run))
  return {
    happened: `everything is halted by ${by}: ${live.length} live runs revert now, and none starts`,
    next: 'ask control for the status; the function resume lets runs start again',
    runs: live.map(runLine),
  }
}

/** Runs may start again; those that were halted stay so. */
export async function resume({ by }: SwitchInput, { store }: Invocation): Promise<Answer> {
  await store.controls.clear({ kind: 'halt' })
  return { happened: `${by} lifted the halt`, next: 'runs may start again; what was halted is not started anew' }
}
