import { describe, expect, it } from '@jest/globals'
import { reportDocument } from '../../lib/report/document.ts'
import { aborted, cutUndone, history, runWith, squeeze } from './records.ts'

const document = reportDocument({ run: aborted, injections: [cutUndone, { ...squeeze, status: 'reverted' }], history, samples: [] })

describe('the JSON report', () => {
  it('tells the run, with times as RFC 3339 and durations in milliseconds', () => {
    const { steps, history: events, ...rest } = document
    expect(steps.length).toBe(2)
    expect(events[1]).toEqual({
      version: 4,
      n: 0,
      at: '2026-01-05T09:00:03.000Z',
      type: 'injected',
      step: 0,
      message: 'injection 0: active',
      data: { n: 0, status: 'active', reason: null, measurements: [] },
    })
    expect(rest).toEqual({
      schemaVersion: 1,
      verdict: 'aborted',
      run: 'shop-20260105-090000-0a1b2c3d',
      suite: { name: 'Shop', description: 'The shop under stress.', hypothesis: '' },
      cluster: { uid: 'c1', name: 'staging', simulated: false },
      namespace: 'shop',
      seed: 42,
      trigger: { kind: 'manual', key: 'k', by: 'ana@desk' },
      requestedAt: '2026-01-05T09:00:00.000Z',
      endedAt: '2026-01-05T09:00:40.500Z',
      durationMs: 40_500,
      reasons: ['asked: customers notice'],
      reasonCodes: ['aborted'],
      resolved: null,
      refusals: [],
      abort: {
        reason: 'asked',
        at: '2026-01-05T09:00:39.000Z',
        by: 'ana@desk',
        detail: 'customers notice',
        undoneAt: '2026-01-05T09:00:40.000Z',
        undoneMs: 1_000,
      },
      baseline: { ready: 3, total: 3 },
      orphans: 0,
      score: null,
      probes: [],
      readiness: null,
      thresholds: [],
      samples: [],
    })
  })

  it('tells each step with its times, lateness, targets, fuse and evidence', () => {
    const [step] = document.steps
    expect(step).toMatchObject({
      name: 'Cut',
      fault: 'network-partition',
      verdict: 'succeeded',
      plannedMs: 20_000,
      activeAt: '2026-01-05T09:00:03.000Z',
      activeMs: 20_400,
      undoneAfterMs: 400,
      recoveryMs: 1_600,
      targets: [{ kind: 'Pod', namespace: 'shop', name: 'shop-1', uid: 'u1', node: 'node-a' }],
      injections: [
        { n: 0, status: 'reverted', targets: ['shop-1'], fuse: { name: 'faultline-x-0', uid: 'f1', burnsAt: '2026-01-05T09:00:53.000Z' } },
      ],
    })
    expect(step?.evidence.map((e) => [e.injection, e.phase, e.finding, e.at])).toEqual([
      [0, 'before', 'no', '2026-01-05T09:00:02.000Z'],
      [0, 'during', 'yes', '2026-01-05T09:00:03.000Z'],
      [0, 'end', 'yes', '2026-01-05T09:00:21.500Z'],
      [0, 'after', 'yes', '2026-01-05T09:00:23.400Z'],
    ])
  })

  it('leaves unknown what has not happened', () => {
    const open = reportDocument({ run: runWith({ status: 'requested' }), injections: [], history: [], samples: [] })
    expect(open).toMatchObject({ verdict: 'requested', endedAt: null, durationMs: null, reasons: [] })
    expect(open.steps[0]).toMatchObject({ verdict: 'pending', activeAt: null, activeMs: null, targets: [], evidence: [] })
  })
})
