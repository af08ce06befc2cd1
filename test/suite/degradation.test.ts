import { describe, expect, test } from '@jest/globals'
import { problemsOf, stepOf } from './one-step.ts'

const degradation = (params: object) => ({ type: 'network_degradation', params })
const unchanged = {
  type: 'network_degradation',
  latencyMs: 0,
  jitterMs: 0,
  lossPercent: 0,
  corruptPercent: 0,
  duplicatePercent: 0,
  rateKbit: null,
  ports: [],
  cidrs: [],
  peersOnly: false,
}

describe('a degradation', () => {
  test.each([
    ['latency', { latencyMs: 100 }],
    ['jitter', { latencyMs: 50, jitterMs: 50 }],
    ['loss', { lossPercent: 10 }],
    ['corruption', { corruptPercent: 5 }],
    ['duplication', { duplicatePercent: 5 }],
    ['rate', { rateKbit: 1000 }],
  ])('of kind %s has the default of that kind, and of no other', (kind, expected) => {
    expect(stepOf(degradation({ degradation_type: kind })).fault).toEqual({ ...unchanged, kind, ...expected })
  })

  test.each<[params: object, expected: object]>([
    [{ degradation_type: 'latency', latency: 1 }, { latencyMs: 1 }],
    [
      { degradation_type: 'latency', latency: 60_000, jitter: 60_000 },
      { latencyMs: 60_000, jitterMs: 60_000 },
    ],
    [
      { degradation_type: 'latency', jitter: 100 },
      { latencyMs: 100, jitterMs: 100 },
    ],
    [
      { degradation_type: 'jitter', jitter: 20 },
      { latencyMs: 50, jitterMs: 20 },
    ],
    [
      { degradation_type: 'jitter', latency: 30 },
      { latencyMs: 30, jitterMs: 30 },
    ],
    [
      { degradation_type: 'jitter', latency: 200 },
      { latencyMs: 200, jitterMs: 50 },
    ],
    [{ degradation_type: 'loss', loss: 100 }, { lossPercent: 100 }],
    [{ degradation_type: 'loss', loss: 0.0001 }, { lossPercent: 0.0001 }],
    [{ degradation_type: 'loss', corruption: 0, jitter: 0 }, { lossPercent: 10 }],
    [{ degradation_type: 'rate', rate: 1 }, { rateKbit: 1 }],
    [
      { degradation_type: 'loss', latency: 80, jitter: 80, corruption: 1.5, duplication: 2, rate: 64 },
      { lossPercent: 10, latencyMs: 80, jitterMs: 80, corruptPercent: 1.5, duplicatePercent: 2, rateKbit: 64 },
    ],
    [
      { degradation_type: 'corruption', ports: [5432], cidrs: ['10.0.0.0/8'], peersOnly: false },
      { corruptPercent: 5, ports: [5432], cidrs: ['10.0.0.0/8'] },
    ],
    [
      { degradation_type: 'duplication', peersOnly: true, cidrs: [], ports: [80] },
      { duplicatePercent: 5, peersOnly: true, ports: [80] },
    ],
  ])('may be %j', (params, expected) => {
    const { degradation_type: kind } = params as { readonly degradation_type: string }
    expect(stepOf(degradation(params)).fault).toEqual({ ...unchanged, kind, ...expected })
  })
})

describe('a malformed degradation', () => {
  test.each<[params: object, path: string, message: string]>([
    [{}, 'degradation_type', 'missing. Allowed: latency, jitter, loss, corruption, duplication, rate'],
    [{ degradation_type: 'packet-loss' }, 'degradation_type', '`packet-loss`: did you mean `loss`? Allowed: '],
    [{ degradation_type: 'delay' }, 'degradation_type', '`delay` is not allowed. Allowed: latency, jitter'],
    [{ degradation_type: 'latency', latency: '100ms' }, 'latency', 'found the string `100ms`; expected a number'],
    [{ degradation_type: 'latency', latency: 0.5 }, 'latency', 'found the number `0.5`; expected a whole number'],
    [{ degradation_type: 'latency', latency: -1 }, 'latency', 'found the number `-1`; allowed: at least 0 milliseconds'],
    [{ degradation_type: 'latency', latency: 60_001 }, 'latency', 'found the number `60001`; allowed: at most 60000 milliseconds'],
    [{ degradation_type: 'loss', loss: 100.1 }, 'loss', 'found the number `100.1`; allowed: at most 100 percent'],
    [{ degradation_type: 'loss', loss: -1e-9 }, 'loss', 'found the number `-1e-9`; allowed: at least 0 percent'],
    [{ degradation_type: 'loss', loss: '10%' }, 'loss', 'found the string `10%`; expected a number'],
    [{ degradation_type: 'loss', loss: 1e-9 }, 'loss', 'found `1e-9`; allowed: at most 4 decimals'],
    [{ degradation_type: 'loss', corruption: 33.333_33 }, 'corruption', 'found `33.33333`; allowed: at most 4 decimals'],
    [{ degradation_type: 'rate', rate: 0 }, 'rate', 'found the number `0`; allowed: at least 1 kbit/s'],
    [{ degradation_type: 'rate', rate: 1e9 }, 'rate', 'found the number `1000000000`; allowed: at most 100000000 kbit/s'],
    [{ degradation_type: 'rate', rate: null }, 'rate', 'found null; expected a number'],
    [{ degradation_type: 'loss', peersOnly: 'yes' }, 'peersOnly', 'found the string `yes`; expected true or false'],
    [{ degradation_type: 'loss', peers_only: true }, 'peers_only', 'did you mean `peersOnly`?'],
    [{ degradation_type: 'loss', packet_loss: 5 }, 'packet_loss', 'here it is `loss`'],
    [{ degradation_type: 'loss', mechanism: 'netfilter' }, 'mechanism', '`mechanism` belongs to type network_partition, not here'],
    [{ degradation_type: 'loss', scope: 'peers' }, 'scope', '`scope` belongs to type network_partition, not here'],
    [{ degradation_type: 'loss', container: 'db' }, 'container', '`container` belongs to failure_type pod-kill, crashloop or pod-pause'],
    [{ degradation_type: 'loss', cidrs: ['fd00::/129'] }, 'cidrs[0]', 'allowed: 0 to 128'],
    [{ degradation_type: 'loss', ports: [0] }, 'ports[0]', 'found the number `0`; allowed: at least 1'],
  ])('with %j is one problem, told precisely', (params, path, message) => {
    expect(problemsOf(degradation(params))).toEqual([[`params.${path}`, expect.stringContaining(message)]])
  })

  test.each<[params: object, path: string, message: string]>([
    [
      { degradation_type: 'latency', latency: 0 },
      'latency',
      'found 0, which degrades nothing; degradation_type `latency` needs more than 0',
    ],
    [{ degradation_type: 'jitter', jitter: 0 }, 'jitter', 'found 0, which degrades nothing; degradation_type `jitter` needs more than 0'],
    [{ degradation_type: 'jitter', latency: 0 }, 'latency', 'found 0, which degrades nothing; degradation_type `jitter` needs more than 0'],
    [
      { degradation_type: 'loss', loss: 0, latency: 5 },
      'loss',
      'found 0, which degrades nothing; degradation_type `loss` needs more than 0',
    ],
    [{ degradation_type: 'latency', latency: 10, jitter: 11 }, 'jitter', 'found 11; allowed: at most `latency` (10)'],
    [{ degradation_type: 'latency', jitter: 101 }, 'jitter', 'found 101; allowed: at most `latency` (100 unless given)'],
    [{ degradation_type: 'jitter', jitter: 51 }, 'jitter', 'found 51; allowed: at most `latency` (50 unless given)'],
    [{ degradation_type: 'loss', jitter: 5 }, 'jitter', 'found 5; allowed: at most `latency` (0 unless given)'],
    [{ degradation_type: 'loss', peersOnly: true, cidrs: ['::/0'] }, 'cidrs', 'stands beside `peersOnly`. Allowed: only one of the two'],
  ])('whose params contradict each other (%j) is told why', (params, path, message) => {
    expect(problemsOf(degradation(params))).toEqual([[`params.${path}`, message]])
  })
})

test('params of a partition are strangers to a degradation, and nothing more is said of them', () => {
  const params = { degradation_type: 'loss', mechanism: 'policy', scope: 'peers', cidrs: ['10.0.0.0/8'] }
  expect(problemsOf(degradation(params)).map(([path]) => path)).toEqual(['params.mechanism', 'params.scope'])
})

test('a jitter is measured only against a latency that makes sense itself', () => {
  const params = { degradation_type: 'jitter', latency: -1, jitter: 5 }
  expect(problemsOf(degradation(params)).map(([path]) => path)).toEqual(['params.latency'])
})

test.each([
  ['network-degradations', '`network-degradations`: did you mean `network_degradation`?'],
  [undefined, 'with these params it is `network_degradation`'],
  ['packet_loss', 'write "type": "network_degradation" with "params": { "degradation_type": "loss" }'],
])('a step of type %j with params of a degradation is told what was meant', (type, message) => {
  expect(problemsOf({ type, params: { degradation_type: 'loss' } })).toEqual([['type', expect.stringContaining(message)]])
})

test('amounts beside a network_exhaustion belong to a degradation', () => {
  const params = { resource_type: 'network', intensity: 'low', rate: 100 }
  expect(problemsOf({ type: 'resource_exhaustion', params })).toEqual([
    ['params.rate', expect.stringContaining('`rate` belongs to type network_degradation, not here')],
  ])
})

test('amounts beside params belong inside', () => {
  expect(problemsOf({ ...degradation({ degradation_type: 'loss' }), loss: 5 })).toEqual([
    ['loss', expect.stringContaining('`loss` belongs to `params`, not here')],
  ])
})
