import { describe, expect, it } from '@jest/globals'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import { noticesOf, storeLostNotice } from '../../lib/domain/notices.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { InjectedOutcome } from '../../lib/domain/run-facts.ts'
import type { RunEvent } from '../../lib/domain/transition.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../support/runs.ts'

const target = { kind: 'Pod', namespace: 'jadevectordb-system', name: 'db-0', uid: 'u0', node: 'a' } as const
const injections: readonly Pick<Injection, 'step' | 'targets'>[] = [{ step: 0, targets: [target, { ...target, name: 'db-1' }] }]

const admitted: RunEvent = { type: 'admitted', baseline: { ready: 3, total: 3 } }
const planned: RunEvent = { type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: ['db-0', 'db-1'], warnings: [] }
const injected = (...statuses: readonly InjectedOutcome['status'][]): RunEvent => ({
  type: 'injected',
  outcomes: statuses.map((status, n) => ({ n, status, reason: status === 'active' ? null : `${status} it is`, measurements: [] })),
})
const reverting: readonly RunEvent[] = [admitted, planned, injected('active'), { type: 'rechecked', outcomes: [] }, { type: 'hold_over' }]

/** The run after these events, one a second from second 1 on. */
function runAfter(...events: readonly RunEvent[]): Run {
  return events.reduce((run, event, i) => transition(run, event, (i + 1) * 1000), requestedRun())
}

/** What is told of the last of these events. */
function toldOf(...events: readonly RunEvent[]): readonly Notice[] {
  const run = runAfter(...events)
  return noticesOf(run, run.events, injections)
}

const brief = (notices: readonly Notice[]) => notices.map(({ kind, severity, message }) => ({ kind, severity, message }))

describe('notices of a run', () => {
  it('say that it started, with where, what and the id of the event', () => {
    expect(toldOf(admitted)).toEqual([
      {
        id: 'example-20260105-090000-abcdefgh#2#0',
        kind: 'run.started',
        at: 1000,
        severity: 'info',
        topic: 'example-20260105-090000-abcdefgh/run.started',
        run: {
          id: 'example-20260105-090000-abcdefgh',
          suite: 'Example',
          cluster: 'test',
          clusterUid: 'cluster-uid',
          namespace: 'jadevectordb-system',
          simulated: true,
          status: 'preparing',
          requestedAt: 0,
        },
        step: null,
        haltCommand: 'kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
        message: 'suite "Example" started with 2 faults; admitted: 3 of 3 pods are ready',
        data: { ready: 3, total: 3 },
      },
    ])
  })

  it('say all reasons of a refusal at once', () => {
    const refusals = [
      { code: 'halted', step: null, message: 'everything is halted by ada' },
      { code: 'unhealthy', step: null, message: 'pod db-0 is not Ready' },
    ] as const
    const told = toldOf({ type: 'refused', refusals })
    expect(brief(told)).toEqual([
      {
        kind: 'run.refused',
        severity: 'warning',
        message: 'refused (halted): everything is halted by ada; refused (unhealthy): pod db-0 is not Ready',
      },
    ])
    expect(told[0]?.data).toEqual({ refusals })
  })

  it('name the kubeconfig and context of the line that ends all chaos', () => {
    const run = runAfter(admitted)
    const via = { kind: 'kubeconfig', path: '/home/ana/.kube/config', context: 'prod' } as const
    const [told] = noticesOf({ ...run, cluster: { ...run.cluster, via } }, run.events, injections)
    expect(told?.haltCommand).toMatch(/^kubectl --kubeconfig \/home\/ana\/.kube\/config --context prod delete jobs -A -l /)
  })

  it('name the step and its targets', () => {
    expect(toldOf(admitted, planned, injected('active', 'active'))).toMatchObject([
      {
        kind: 'fault.active',
        severity: 'info',
        message: 'the fault bites: 2 injections active, with evidence',
        step: { index: 0, name: 'random', fault: 'network-partition', targets: ['db-0', 'db-1'] },
      },
    ])
  })

  it.each([
    [['active', 'no_effect'], 'no_effect', 'it does not bite: no_effect it is (injection 2)'],
    [
      ['failed', 'no_effect'],
      'failed',
      'it could not be injected: failed it is (injection 1); it does not bite: no_effect it is (injection 2)',
    ],
  ] as const)('tell a fault that did not bite apart: %j', (statuses, outcome, message) => {
    expect(toldOf(admitted, planned, injected(...statuses))).toMatchObject([
      { kind: 'fault.failed', severity: 'warning', message, data: { outcome } },
    ])
  })

  it('say when a fault ended before its time, and nothing when that is only unknown', () => {
    const rechecked = (finding: 'no' | 'unknown'): RunEvent => ({
      type: 'rechecked',
      outcomes: [{ n: 0, finding, summary: 'the pod answers' }],
    })
    expect(toldOf(admitted, planned, injected('active'), rechecked('no'))).toMatchObject([
      { kind: 'fault.failed', data: { outcome: 'ended_early' } },
    ])
    expect(toldOf(admitted, planned, injected('active'), rechecked('unknown'))).toEqual([])
  })

  it('say that a fault is undone, unless there was none', () => {
    const reverted: RunEvent = { type: 'reverted', summaries: ['reachable again'] }
    expect(brief(toldOf(...reverting, reverted))).toEqual([
      { kind: 'fault.reverted', severity: 'info', message: 'undone, with proof: reachable again' },
    ])
    const run = runAfter(...reverting, reverted)
    expect(noticesOf(run, run.events, [])).toEqual([])
  })

  it('page only when an undo has not been proven for 10 s, and then under one topic per step', () => {
    let run = runAfter(...reverting)
    const told: Notice[] = []
    for (const at of [5_000, 14_999, 15_000, 16_000]) {
      run = transition(run, { type: 'undo_unproven', messages: ['db-0 does not answer'] }, at)
      told.push(...noticesOf(run, run.events, injections))
    }
    expect(told).toMatchObject([
      { kind: 'undo.unproven', severity: 'critical', at: 15_000, data: { since: 5_000, attempts: 3 } },
      { kind: 'undo.unproven', severity: 'critical', at: 16_000 },
    ])
    expect(new Set(told.map((notice) => notice.topic))).toEqual(new Set(['example-20260105-090000-abcdefgh/undo.unproven/0']))
    expect(new Set(told.map((notice) => notice.id)).size).toBe(2)
  })

  it('say an abort, also one that a takeover brings', () => {
    const abort = { reason: 'driver_lost', at: 5_000, by: 'reaper', detail: 'its driver died' } as const
    const lease = { owner: 'reaper', until: 60_000 }
    expect(brief(toldOf(...reverting.slice(0, 3), { type: 'abort', abort }))).toEqual([
      { kind: 'run.aborting', severity: 'warning', message: 'abort (driver_lost) by reaper: its driver died' },
    ])
    expect(brief(toldOf(...reverting.slice(0, 3), { type: 'leased', lease, continued: false, abort }))).toEqual([
      { kind: 'run.aborting', severity: 'warning', message: 'abort (driver_lost) by reaper: its driver died' },
    ])
    expect(toldOf(admitted, { type: 'leased', lease, continued: true, abort: null })).toEqual([])
  })

  it('say a threshold as the event has it, a topic for each threshold', () => {
    const run = runAfter(...reverting.slice(0, 3))
    const seen = { threshold: 'errors', probe: 'error-ratio', value: 0.2, op: '>', limit: 0.1, forMs: 0, since: 9_000 } as const
    const data = { ...seen, severity: 'critical', action: 'abort' } as const
    const event: HistoryEvent = { version: 9, n: 0, at: 9_000, type: 'threshold_crossed', step: 0, message: 'errors: 0.2 > 0.1', data }
    expect(noticesOf(run, [event], injections)).toMatchObject([
      {
        kind: 'threshold.breached',
        severity: 'critical',
        message: 'errors: 0.2 > 0.1',
        topic: 'example-20260105-090000-abcdefgh/threshold.breached/0/errors',
        data,
      },
    ])
  })

  it('grade the end by its verdict; one that a person had to declare is critical', () => {
    const toVerify: readonly RunEvent[] = [
      ...reverting,
      { type: 'abort', abort: { reason: 'asked', at: 5_000, by: 'ada', detail: 'enough' } },
      { type: 'reverted', summaries: [] },
    ]
    expect(toldOf(...toVerify, { type: 'verified', orphans: [] })).toMatchObject([
      {
        kind: 'run.finished',
        severity: 'warning',
        message: 'aborted: asked: enough',
        step: null,
        data: { verdict: 'aborted', orphans: 0, unproven: false, endedAt: 8_000 },
      },
    ])
    expect(toldOf(...reverting, { type: 'resolved', by: 'ada', why: 'node is scrap' })).toMatchObject([
      { kind: 'run.finished', severity: 'critical', data: { verdict: 'failed', unproven: true } },
    ])
  })

  it('leave out what only the history needs', () => {
    expect(toldOf(admitted, planned)).toEqual([])
    expect(toldOf(...reverting)).toEqual([])
  })

  it('of a lost store have an id of their own, the same for the same driver', () => {
    const run = runAfter(...reverting)
    const lost = (at: number) => storeLostNotice(run, at, { owner: 'driver-1', message: 'no answer', injections })
    expect(lost(1).id).toBe('example-20260105-090000-abcdefgh#lost#driver-1')
    expect(lost(2)).toMatchObject({ kind: 'undo.unproven', severity: 'critical', step: { index: 0, targets: ['db-0', 'db-1'] } })
  })
})
