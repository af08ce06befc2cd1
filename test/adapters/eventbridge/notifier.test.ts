import { describe, expect, it } from '@jest/globals'
import { advanceCall } from '../../../lib/adapters/eventbridge/advance.ts'
import type { BusEvent } from '../../../lib/adapters/eventbridge/bus.ts'
import { advanceDetail, auditDetail, noticeDetail } from '../../../lib/adapters/eventbridge/event-schema.ts'
import { eventBridgeNotifier } from '../../../lib/adapters/eventbridge/notifier.ts'
import type { AuditEntry } from '../../../lib/domain/audit.ts'
import { type Notice, noticeKinds } from '../../../lib/domain/notice.ts'

const nine = Date.UTC(2026, 0, 5, 9)

function noticeOf(change: Partial<Notice>): Notice {
  const run = { id: 'run-1', suite: 'Quick', cluster: 'production', clusterUid: 'c0ffee', namespace: 'ns', simulated: false }
  return {
    id: 'run-1#6#0',
    kind: 'run.started',
    at: nine + 3_000,
    severity: 'info',
    topic: 'run-1',
    run: { ...run, status: 'holding', requestedAt: nine },
    step: null,
    haltCommand: 'kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
    message: 'it began',
    data: {},
    ...change,
  }
}

function told() {
  const events: BusEvent[] = []
  return { events, bus: { put: async (event: BusEvent) => void events.push(event) } }
}

const audited: AuditEntry = {
  id: 'run-1#0000000004#00000',
  at: nine,
  kind: 'abort',
  actor: { kind: 'kubernetes', name: 'oidc:ann', also: [{ kind: 'os', name: 'ann@laptop' }] },
  message: 'asked: enough',
  run: { id: 'run-1', suite: 'Quick', cluster: 'production', clusterUid: 'c0ffee', namespace: 'ns', simulated: false },
  data: { reason: 'asked' },
}

describe('the notifier to EventBridge', () => {
  it.each([audited, { ...audited, actor: null }, { ...audited, kind: 'halt' as const, run: null, data: {} }])(
    'tells an entry of the audit trail as its published schema says: %#',
    async (entry) => {
      const { events, bus } = told()
      await eventBridgeNotifier(bus).audited?.(entry)
      expect(events).toEqual([expect.objectContaining({ detailType: 'audit.recorded', at: nine })])
      expect(auditDetail.strict().safeParse(events[0]?.detail)).toMatchObject({ success: true })
      expect(events[0]?.detail).toMatchObject({ at: '2026-01-05T09:00:00.000Z', kind: entry.kind })
    },
  )

  it.each(noticeKinds)('tells %s as its published schema says', async (kind) => {
    const { events, bus } = told()
    await eventBridgeNotifier(bus).notify(noticeOf({ kind }))
    expect(events).toEqual([expect.objectContaining({ detailType: kind, at: nine + 3_000 })])
    expect(noticeDetail.strict().safeParse(events[0]?.detail)).toMatchObject({ success: true })
  })

  it('keeps an event with ten thousand targets below what EventBridge takes', async () => {
    const { events, bus } = told()
    const targets = Array.from({ length: 10_000 }, (_, n) => `pod-with-a-rather-long-name-${n}`)
    await eventBridgeNotifier(bus).notify(noticeOf({ step: { index: 0, name: 'Cut', fault: 'network-partition', targets } }))
    expect(JSON.stringify(events[0]?.detail).length).toBeLessThan(256 * 1024)
    expect(events[0]?.detail).toMatchObject({ step: { targetCount: 10_000 } })
  })

  it('keeps an event below that whose message and data name them all', async () => {
    const { events, bus } = told()
    const long = '名'.repeat(500_000)
    await eventBridgeNotifier(bus).notify(
      noticeOf({ kind: 'fault.failed', message: long, data: { outcome: 'failed', refusals: [{ message: long }] } }),
    )
    expect(Buffer.byteLength(JSON.stringify(events[0]?.detail))).toBeLessThan(200 * 1024)
    expect(events[0]?.detail).toMatchObject({ data: { outcome: 'failed' } })
  })

  it('leaves short data as it is, long lists too', async () => {
    const { events, bus } = told()
    const steps = Array.from({ length: 100 }, (_, n) => ({ name: `step ${n}`, verdict: 'succeeded' }))
    await eventBridgeNotifier(bus).notify(noticeOf({ kind: 'run.finished', data: { steps } }))
    expect(events[0]?.detail).toMatchObject({ data: { steps } })
  })

  it('passes on that nothing could be told', async () => {
    const put = async () => {
      throw new Error('no bus')
    }
    await expect(eventBridgeNotifier({ put }).notify(noticeOf({}))).rejects.toThrow('no bus')
  })

  it('calls for a successor with the run’s id alone', async () => {
    const { events, bus } = told()
    await advanceCall(bus, { now: () => nine })('run-1')
    expect(events).toEqual([{ detailType: 'advance', detail: { runId: 'run-1' }, at: nine }])
    expect(advanceDetail.strict().parse(events[0]?.detail)).toEqual({ runId: 'run-1' })
  })
})
