import { describe, expect, it } from '@jest/globals'
import { drivenAnswer } from '../../functions/shared/answers.ts'
import type { Invocation } from '../../functions/shared/compose.ts'
import { reapAll } from '../../functions/shared/reaping.ts'
import type { Run } from '../../lib/domain/run.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../contracts/records.ts'

const abort = { reason: 'asked', at: 1_000, by: 'ann', detail: 'enough' } as const
const reverting: Run = transition(requestedRun('r1'), { type: 'abort', abort }, 1_000)

describe('the answer of a function', () => {
  it('says of a run that it had to leave that it is not proven undone', () => {
    expect(drivenAnswer(reverting).happened).toBe('run r1 is still reverting: NOT proven undone')
  })

  it('says of a run that it handed over that another goes on', () => {
    expect(drivenAnswer({ ...reverting, handover: true }).happened).toBe('run r1 is reverting and was handed on to another invocation')
  })

  it('does not call proven what a person had to end', () => {
    const resolved = transition(
      { ...requestedRun('r1'), status: 'reverting', step: 0, since: 0, attempts: 3, retryAt: 0 } as Run,
      { type: 'resolved', by: 'ann', why: 'scrapped' },
      2_000,
    )
    expect(drivenAnswer(resolved).next).toBe('make sure by hand that nothing is left on the targets')
  })
})

it('a reaper that cannot sweep a cluster fails, so that the alarm on errors is raised', async () => {
  const invocation = {
    store: { runs: { due: async () => [], list: async () => [] } },
    clock: { now: () => 0 },
    clusters: { names: ['production'], reach: () => Promise.reject(new Error('access denied')) },
    engine: () => ({
      notifiers: [],
      sink: null,
      clock: { now: () => 0 },
      store: { runs: { list: async () => [] }, controls: { read: async () => ({ halt: null, pause: null }) } },
    }),
    reports: null,
  } as unknown as Invocation
  await expect(reapAll(invocation)).rejects.toThrow(
    'not everything could be reaped (1 failed; the next round comes in a minute): cluster production was not swept: access denied',
  )
})
