import type { Refusal } from '../../lib/domain/refusal.ts'
import { untouchedStep } from '../../lib/domain/run.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { gameDay } from './game-day.ts'
import { at } from './records.ts'

const refusals: readonly Refusal[] = [
  { code: 'permission', step: 0, subject: 'create jobs', message: 'may not create jobs.batch in namespace shop' },
  { code: 'permission', step: 1, subject: 'create jobs', message: 'may not create jobs.batch in namespace shop' },
  { code: 'permission', step: 1, subject: 'create networkpolicies', message: 'may not create networkpolicies in namespace shop' },
  { code: 'unhealthy', step: null, message: '1 of 3 pods of app=shop is not ready: shop-7d9c6bf5d4-x2kqz (CrashLoopBackOff)' },
]

/** The game day, refused for three reasons, one of which was found twice. */
export const refusedDay: RunRecord = {
  run: {
    ...gameDay.run,
    id: 'shop-game-day-20260105-080000-9f8e7d6c',
    status: 'refused',
    refusals,
    abort: null,
    endedAt: at(1.2),
    steps: gameDay.run.suite.steps.map(({ name }) => ({ ...untouchedStep, verdict: 'skipped', name })),
  } as RunRecord['run'],
  injections: [],
  history: [{ version: 1, n: 0, at: at(0), type: 'requested', step: null, message: 'requested by ana@desk (manual k)' }],
  samples: [],
}
