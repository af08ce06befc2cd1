import { expect, it } from '@jest/globals'
import { deedText } from '../../cli/view/deed-text.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'

const partition = {
  type: 'network_partition',
  kind: 'random',
  mechanism: 'auto',
  scope: 'isolate',
  direction: 'both',
  ports: [],
  cidrs: [],
  keepProbes: false,
} as const
const degradation = {
  type: 'network_degradation',
  kind: 'latency',
  latencyMs: 0,
  jitterMs: 0,
  lossPercent: 0,
  corruptPercent: 0,
  duplicatePercent: 0,
  rateKbit: null,
  ports: [],
  cidrs: [],
  peersOnly: false,
} as const
const exhaustion = { type: 'resource_exhaustion', intensity: 'medium', container: null, path: null } as const
const byInjector = { job: 'j' }

it.each<[FaultSpec, object, string]>([
  [partition, { policy: 'p' }, 'cuts it off from everything, in both directions, by NetworkPolicy'],
  [
    { ...partition, scope: 'peers', direction: 'in', ports: [8080, 9090], cidrs: ['10.0.0.0/8'], keepProbes: true },
    byInjector,
    "cuts it off from the other pods of the workload, inwards, by netfilter, only ports 8080 9090, only 10.0.0.0/8, the kubelet's probes still pass",
  ],
  [
    { ...partition, scope: 'split', direction: 'out' },
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
  [{ ...exhaustion, kind: 'cpu' }, { env: { FAULTLINE_AMOUNT: '4' } }, '4 busy loops in its cgroup'],
  [
    { ...exhaustion, kind: 'memory' },
    { env: { FAULTLINE_AMOUNT: '384', FAULTLINE_PERCENT: '75' } },
    'fills its memory to 75 % of its limit, by 384 MiB where it has none',
  ],
  [{ ...exhaustion, kind: 'disk', path: '/data' }, { env: { FAULTLINE_AMOUNT: '500' } }, 'fills 500 MiB of /data'],
  [{ ...exhaustion, kind: 'network' }, { env: { FAULTLINE_AMOUNT: '1000' } }, 'leaves it 1000 kbit/s'],
  [{ ...exhaustion, kind: 'network', mode: 'load' }, { env: { FAULTLINE_AMOUNT: '50000' } }, 'loads its network with 50000 kbit/s'],
  [{ type: 'node_failure', kind: 'pod-delete', graceSeconds: null, allowBarePods: false }, {}, 'deletes it, with its own grace'],
  [{ type: 'node_failure', kind: 'pod-delete', graceSeconds: 0, allowBarePods: false }, {}, 'deletes it, with a grace of 0 s'],
  [
    { type: 'node_failure', kind: 'pod-kill', signal: 'TERM', graceSeconds: 5, repeatEverySeconds: 10, container: null },
    byInjector,
    'sends its container TERM, KILL after 5 s, again every 10 s',
  ],
  [
    { type: 'node_failure', kind: 'pod-kill', signal: 'KILL', graceSeconds: 5, repeatEverySeconds: null, container: null },
    byInjector,
    'sends its container KILL, once',
  ],
  [{ type: 'node_failure', kind: 'crashloop', container: null }, byInjector, 'kills its container at every start'],
  [{ type: 'node_failure', kind: 'node-drain', allowBarePods: false, allowEmptyDir: false }, {}, 'cordons it and evicts its pods'],
  [
    { type: 'node_failure', kind: 'node-drain', allowBarePods: true, allowEmptyDir: true },
    {},
    'cordons it and evicts its pods, bare pods and pods with emptyDir volumes too',
  ],
])('what %j does is told with every amount', (fault, undo, text) => {
  expect(deedText(fault, undo as never)).toBe(text)
})
