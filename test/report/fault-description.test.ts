import { expect, it } from '@jest/globals'
import type { ExactAmount } from '../../lib/domain/exact-amount.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import type { UndoData } from '../../lib/domain/undo-data.ts'
import { actionTexts, howMuch } from '../../lib/report/fault-description.ts'
import { crashloop, latency, nodeDrain, partition, podDelete, podKill, podPause } from '../support/suites.ts'
import { cordonUndo, deletionUndo, injectorUndoOf, policyUndo } from '../support/undo-data.ts'

const cut = { ...partition, mechanism: 'auto', keepProbes: false } as const
const degradation = { ...latency, latencyMs: 0 }
const exhaustion = { type: 'resource_exhaustion', intensity: 'medium', container: null, path: null } as const
const exact = (kind: 'cpu' | 'memory', amount: ExactAmount) =>
  ({ type: 'resource_exhaustion', kind, amount, container: null, path: null }) as const
const byInjector = injectorUndoOf()

it.each<[FaultSpec, UndoData, string]>([
  [cut, policyUndo(), 'cuts it off from everything, in both directions, by NetworkPolicy'],
  [
    { ...cut, scope: 'peers', direction: 'in', ports: [8080, 9090], cidrs: ['10.0.0.0/8'], keepProbes: true },
    byInjector,
    "cuts it off from the other pods of the workload, inwards, by netfilter, only ports 8080 9090, only 10.0.0.0/8, the kubelet's probes still pass",
  ],
  [
    { ...cut, scope: 'split', direction: 'out' },
    byInjector,
    'cuts the targets together off from the rest of the workload, outwards, by netfilter',
  ],
  [
    { ...degradation, latencyMs: 100, jitterMs: 20, peersOnly: true },
    byInjector,
    '100 ms of latency, varying by 20 ms, only to the other pods of the workload',
  ],
  [
    { ...degradation, lossPercent: 10, corruptPercent: 5, duplicatePercent: 1, rateKbit: 500, ports: [80] },
    byInjector,
    '10 % of packets lost, 5 % corrupted, 1 % doubled, 500 kbit/s left, only ports 80',
  ],
  [
    {
      type: 'http_fault',
      kind: 'abort',
      direction: 'in',
      ports: [8080],
      methods: ['GET'],
      path: '/api/*',
      headers: [{ name: 'x-user', value: 'test-*' }],
      sharePercent: 20,
      status: 503,
      delayMs: 0,
      keepProbes: true,
    },
    byInjector,
    'answers with status 503 20 % of the requests that come in on port 8080, only GET, only /api/*, only with x-user: test-*',
  ],
  [
    { type: 'dns_failure', kind: 'servfail', domains: ['db', '*.s3.amazonaws.com'], sharePercent: 25, addresses: [] },
    byInjector,
    'answers 25 % of its queries for db *.s3.amazonaws.com with SERVFAIL',
  ],
  [
    { type: 'dns_failure', kind: 'wrong', domains: [], sharePercent: 100, addresses: ['10.0.0.7'] },
    byInjector,
    'answers its queries for any name with a wrong address (10.0.0.7)',
  ],
  [
    exact('cpu', { unit: 'millicores', value: 1500 }),
    injectorUndoOf({ env: { FAULTLINE_AMOUNT: '2', FAULTLINE_MILLICORES: '1500' } }),
    'takes 1.5 cores by busy loops in its cgroup',
  ],
  [
    exact('memory', { unit: 'percent', value: 80 }),
    injectorUndoOf({ env: { FAULTLINE_AMOUNT: '819', FAULTLINE_PERCENT: '80' } }),
    'fills its memory to 80 % of its limit',
  ],
  [
    exact('memory', { unit: 'MiB', value: 512 }),
    injectorUndoOf({ env: { FAULTLINE_AMOUNT: '512' } }),
    'holds 512 MiB of memory in its cgroup',
  ],
  [{ ...exhaustion, kind: 'cpu' }, injectorUndoOf({ env: { FAULTLINE_AMOUNT: '4' } }), '4 busy loops in its cgroup'],
  [
    { ...exhaustion, kind: 'memory' },
    injectorUndoOf({ env: { FAULTLINE_AMOUNT: '384', FAULTLINE_PERCENT: '75' } }),
    'fills its memory to 75 % of its limit, by 384 MiB where it has none',
  ],
  [{ ...exhaustion, kind: 'disk', path: '/data' }, injectorUndoOf({ env: { FAULTLINE_AMOUNT: '500' } }), 'fills 500 MiB of /data'],
  [{ ...exhaustion, kind: 'network' }, injectorUndoOf({ env: { FAULTLINE_AMOUNT: '1000' } }), 'leaves it 1000 kbit/s'],
  [
    { ...exhaustion, kind: 'network', mode: 'load' },
    injectorUndoOf({ env: { FAULTLINE_AMOUNT: '50000' } }),
    'loads its network with 50000 kbit/s',
  ],
  [
    { ...partition, scope: 'split', against: 'role=replica' },
    byInjector,
    "cuts the targets together off from pods with role=replica, in both directions, by netfilter, the kubelet's probes still pass",
  ],
  [{ ...latency, peersOnly: true, against: 'role=replica' }, byInjector, '100 ms of latency, only to pods with role=replica'],
  [podDelete, deletionUndo(), 'deletes it, with its own grace'],
  [{ ...podDelete, graceSeconds: 0 }, deletionUndo(), 'deletes it, with a grace of 0 s'],
  [{ ...podKill, graceSeconds: 5, repeatEverySeconds: 10 }, byInjector, 'sends its container TERM, KILL after 5 s, again every 10 s'],
  [{ ...podKill, signal: 'KILL' }, byInjector, 'sends its container KILL, once'],
  [crashloop, byInjector, 'kills its container at every start'],
  [podPause, byInjector, 'has all processes of its container stand still'],
  [
    { ...podPause, pulse: { everySeconds: 30, forSeconds: 5 } },
    byInjector,
    'has all processes of its container stand still, for 5 s of every 30 s',
  ],
  [{ ...nodeDrain, allowEmptyDir: false }, cordonUndo(), 'cordons it and evicts its pods'],
  [
    { ...nodeDrain, allowBarePods: true, allowEmptyDir: true },
    cordonUndo(),
    'cordons it and evicts its pods, bare pods and pods with emptyDir volumes too',
  ],
])('what %j does is told with every amount', (fault, undo, text) => {
  expect(actionTexts(fault, [{ undo }, { undo }])).toEqual([text])
})

it('an exact amount stands in one phrase where an intensity would', () => {
  expect(howMuch({ ...exhaustion, kind: 'cpu' })).toBe('medium')
  const said = (unit: ExactAmount['unit'], value: number) => howMuch(exact('cpu', { unit, value }))
  expect([said('percent', 80), said('MiB', 512), said('millicores', 1500), said('millicores', 1000), said('kbit/s', 64)]).toEqual([
    '80 %',
    '512 MiB',
    '1.5 cores',
    '1 core',
    '64 kbit/s',
  ])
})
