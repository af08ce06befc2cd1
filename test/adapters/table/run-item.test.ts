import { describe, expect, test } from '@jest/globals'
import { expiry, readRun, wakeAt } from '../../../lib/adapters/table/run-item.ts'
import { endedRun, requestedRun } from '../../contracts/records.ts'

const nine = Date.UTC(2026, 0, 5, 9, 0, 0)
const reverting = { ...requestedRun('r1'), status: 'reverting', step: 0, since: nine, attempts: 2, retryAt: nine + 20_000 } as const

describe('when a run is due', () => {
  test('a driven run is due when its lease ends, whatever its state', () => {
    const lease = { owner: 'lambda-1', until: nine + 30_000 }
    expect(wakeAt({ ...requestedRun('r1'), lease })).toBe(nine + 30_000)
    expect(wakeAt({ ...reverting, lease })).toBe(nine + 30_000)
  })

  test('a run that is offered is due at once, and so is one without a driver', () => {
    expect(wakeAt(requestedRun('r1'))).toBe(nine)
    expect(wakeAt({ ...reverting, lease: { owner: 'lambda-1', until: nine + 30_000 }, handover: true })).toBe(nine)
  })

  test('a revert without a driver is due at its next attempt', () => {
    expect(wakeAt(reverting)).toBe(nine + 20_000)
  })
})

describe('when a run may be forgotten', () => {
  test('a live run never', () => {
    expect(expiry(reverting)).toBeUndefined()
  })

  test('an ended run 30 days after its end, in whole seconds', () => {
    expect(expiry({ ...endedRun(requestedRun('r1')), endedAt: Date.UTC(2026, 0, 5, 9, 10, 0, 1) })).toBe(
      Date.UTC(2026, 1, 4, 9, 10, 1) / 1_000,
    )
  })
})

test('a run that was stored before there were probes is read with none', () => {
  const { suite, ...run } = requestedRun('r1')
  const { hypothesis: _h, probes: _p, thresholds: _t, ...old } = suite
  const record = { name: 'A', verdict: 'succeeded', reasons: [], plannedAt: 1, activeAt: 2, plannedEnd: 3, revertedAt: 4, recoveredAt: 5 }
  expect(readRun({ ...run, suite: old, steps: [record] })).toMatchObject({
    suite: { hypothesis: '', probes: [], thresholds: [] },
    steps: [{ ...record, probes: [], score: null, detectedAt: null, steady: null, steadyAt: null }],
  })
})

test("reasons that were stored as sentences are read as reasons, and a person's word as what it was", () => {
  const { suite, ...run } = requestedRun('r1')
  const abort = { reason: 'asked', at: 1, by: 'ann', detail: 'on' }
  const record = { name: 'unproven cache', verdict: 'aborted', reasons: ['on', 'the sun went on'] }
  const ended = { ...run, suite, steps: [record], abort, status: 'failed', endedAt: 5, refusals: [] }
  const reasons = [
    { code: 'aborted', detail: 'on' },
    { code: 'earlier_format', detail: 'the sun went on' },
  ]
  expect(readRun({ ...ended, reasons: ['unproven cache: on'] })).toMatchObject({ resolved: null, steps: [{ reasons }] })
  expect(readRun({ ...ended, reasons: ['unproven: ended by ann: it: burnt'] })).toMatchObject({ resolved: { by: 'ann', why: 'it: burnt' } })
})
