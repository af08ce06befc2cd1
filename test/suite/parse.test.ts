import { describe, expect, test } from '@jest/globals'
import { stepOf, suiteOf } from './one-step.ts'

/** The example, verbatim. */
const example = `{ "name": "Example", "description": "…",
  "experiments": [
    { "name": "Memory", "type": "resource_exhaustion", "params": { "resource_type": "memory", "intensity": "medium" }, "duration": 60, "interval": 30 },
    { "name": "Partition", "type": "network_partition", "params": { "partition_type": "random" }, "duration": 45, "interval": 30 },
    { "name": "Kill", "type": "node_failure", "params": { "failure_type": "pod-kill" }, "duration": 60 } ] }`

const kill = { type: 'node_failure', params: { failure_type: 'pod-kill' } }
const anyone = { names: null, selector: 'app=jadevectordb', owner: null, zone: null, node: null, percent: null, count: null }

test('the example of the issue is valid as it is, with every default filled in', () => {
  expect(suiteOf(example)).toEqual({
    ok: true,
    warnings: [],
    said: JSON.parse(example),
    suite: {
      name: 'Example',
      description: '…',
      namespace: 'jadevectordb-system',
      graceBeforeMs: 30_000,
      graceAfterMs: 30_000,
      // 2 × 285 s planned + 3 × 360 s recovery + 600 s
      maxDurationMs: 2_250_000,
      recoveryTimeoutMs: 360_000,
      selector: 'app=jadevectordb',
      schedule: null,
      steps: [
        {
          name: 'Memory',
          fault: { type: 'resource_exhaustion', kind: 'memory', intensity: 'medium', container: null, path: null },
          durationMs: 60_000,
          intervalMs: 30_000,
          targets: { ...anyone, percent: 30, isUsual: true },
          hypothesis: '',
        },
        {
          name: 'Partition',
          fault: {
            type: 'network_partition',
            kind: 'random',
            mechanism: 'auto',
            scope: 'isolate',
            direction: 'both',
            ports: [],
            cidrs: [],
            keepProbes: true,
          },
          durationMs: 45_000,
          intervalMs: 30_000,
          targets: { ...anyone, percent: 20, isUsual: true },
          hypothesis: '',
        },
        {
          name: 'Kill',
          fault: { type: 'node_failure', kind: 'pod-kill', signal: 'TERM', graceSeconds: 5, repeatEverySeconds: null, container: null },
          durationMs: 60_000,
          intervalMs: 0,
          targets: { ...anyone, percent: 30, isUsual: true },
          hypothesis: '',
        },
      ],
      hypothesis: '',
      probes: [],
      thresholds: [],
    },
  })
})

test('what the file says is taken, in milliseconds', () => {
  const top = {
    namespace: 'shop',
    selector: 'app=shop',
    gracePeriod: { before: 1.5 },
    maxDuration: 100,
    recoveryTimeout: 20,
    description: 'd',
  }
  const { suite } = suiteOf(
    JSON.stringify({ $schema: './schema.json', name: 'S', ...top, experiments: [{ name: 'A', ...kill, duration: 0.25, interval: 0.5 }] }),
  )
  expect(suite).toMatchObject({
    namespace: 'shop',
    description: 'd',
    graceBeforeMs: 1500,
    graceAfterMs: 30_000,
    maxDurationMs: 100_000,
    recoveryTimeoutMs: 20_000,
  })
  expect(suite.steps[0]).toMatchObject({ durationMs: 250, intervalMs: 500, targets: { selector: 'app=shop' } })
})

describe('how many are hit by default', () => {
  test.each([
    ['network_partition', { partition_type: 'random' }, { percent: 20, count: null }],
    ['network_partition', { partition_type: 'all' }, { percent: 100, count: null }],
    ['network_partition', { partition_type: 'specific', targets: 'a,b' }, { percent: 100, count: null, names: ['a', 'b'] }],
    ['node_failure', { failure_type: 'pod-delete' }, { percent: 30, count: null }],
    ['node_failure', { failure_type: 'pod-kill' }, { percent: 30, count: null }],
    ['node_failure', { failure_type: 'crashloop' }, { percent: 20, count: null }],
    ['node_failure', { failure_type: 'pod-pause' }, { percent: 20, count: null }],
    ['node_failure', { failure_type: 'node-drain' }, { percent: null, count: 1 }],
    ['resource_exhaustion', { resource_type: 'cpu', intensity: 'low' }, { percent: null, count: 1 }],
    ['resource_exhaustion', { resource_type: 'disk', intensity: 'medium' }, { percent: 30, count: null }],
    ['resource_exhaustion', { resource_type: 'network', intensity: 'high' }, { percent: 60, count: null }],
    ['network_degradation', { degradation_type: 'loss' }, { percent: 20, count: null }],
    ['dns_failure', { dns_type: 'timeout' }, { percent: 20, count: null }],
    ['http_fault', { http_type: 'delay', ports: [80] }, { percent: 20, count: null }],
    ['network_degradation', { degradation_type: 'loss', targets: 'a,b' }, { percent: 100, count: null, names: ['a', 'b'] }],
    ['node_failure', { failure_type: 'pod-delete', targets: ['a'] }, { percent: 100, count: null, names: ['a'] }],
  ])('%s %j: %j', (type, params, expected) => {
    expect(stepOf({ type, params }).targets).toMatchObject(expected)
  })
})

describe('targets', () => {
  test.each([
    ['a list', { targets: ['pod-0', 'pod-1'] }, { names: ['pod-0', 'pod-1'], percent: 100 }],
    ['a comma-separated text', { targets: ' pod-0 , pod-1' }, { names: ['pod-0', 'pod-1'], percent: 100 }],
    ['a name that stands twice', { targets: 'pod-0,pod-0' }, { names: ['pod-0'], percent: 100 }],
    ['names and a count', { targets: { names: 'pod-0,pod-1', count: 1 } }, { names: ['pod-0', 'pod-1'], count: 1, percent: null }],
    ['a percentage', { targets: { percent: 12.5 } }, { names: null, percent: 12.5, count: null }],
    ['a count instead of the default percentage', { targets: { count: 2 } }, { percent: null, count: 2 }],
    ['a selector of its own', { targets: { selector: 'tier in (data,query)' } }, { selector: 'tier in (data,query)', percent: 30 }],
    [
      'owner, zone and node',
      { targets: { owner: 'deployment/jade', zone: 'eu-1a', node: 'n1.example' } },
      { owner: 'deployment/jade', zone: 'eu-1a', node: 'n1.example' },
    ],
  ])('may be %s', (_, targets, expected) => {
    expect(stepOf({ ...kill, ...targets }).targets).toMatchObject(expected)
  })

  test('may stand in params, as older suites have them', () => {
    const { targets } = stepOf({ type: 'network_partition', params: { partition_type: 'specific', targets: 'pod-0,pod-1' } })
    expect(targets).toEqual({ ...anyone, names: ['pod-0', 'pod-1'], percent: 100 })
  })

  test('of a specific partition may be conditions, all of whose pods are taken', () => {
    const { targets } = stepOf({ type: 'network_partition', params: { partition_type: 'specific' }, targets: { zone: 'a' } })
    expect(targets).toEqual({ ...anyone, zone: 'a', percent: 100 })
  })
})

describe('params', () => {
  test.each([
    [
      { type: 'network_partition', params: { partition_type: 'all', mechanism: 'netfilter' } },
      { kind: 'all', mechanism: 'netfilter' },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-delete', graceSeconds: 0, allowBarePods: true } },
      { graceSeconds: 0, allowBarePods: true },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-delete' } },
      { graceSeconds: null, allowBarePods: false },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-kill', signal: 'KILL' } },
      { signal: 'KILL', graceSeconds: 0 },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-kill', graceSeconds: 3, container: 'db' } },
      { graceSeconds: 3, container: 'db' },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'crashloop', container: 'db' } },
      { kind: 'crashloop', container: 'db' },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-pause' } },
      { kind: 'pod-pause', pulse: null, container: null },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'pod-pause', every: 8, for: 5, container: 'db' } },
      { pulse: { everySeconds: 8, forSeconds: 5 }, container: 'db' },
    ],
    [
      { type: 'node_failure', params: { failure_type: 'node-drain', allowEmptyDir: true } },
      { allowBarePods: false, allowEmptyDir: true },
    ],
    [
      { type: 'resource_exhaustion', params: { resource_type: 'cpu', intensity: 'low', container: 'db' } },
      { kind: 'cpu', intensity: 'low', container: 'db' },
    ],
  ])('%j reach the fault', (step, expected) => {
    expect(stepOf(step).fault).toMatchObject(expected)
  })

  test.each([
    [4, 2],
    [5, 2],
    [1.5, 0],
    [60, 5],
  ])('a pod-kill of %p s has its KILL %p whole seconds after TERM, not after the end', (duration, graceSeconds) => {
    expect(stepOf({ ...kill, duration }).fault).toMatchObject({ graceSeconds })
  })
})

test('steps of the same name and targets named twice are warned of', () => {
  const step = { name: 'Again', ...kill, duration: 10, targets: 'a,a' }
  expect(suiteOf(JSON.stringify({ name: 'S', experiments: [{ ...step, targets: 'a' }, step] })).warnings).toEqual([
    'experiments[1].name: `Again` is also the name of experiments[0]; reports tell them apart by number only',
    'experiments[1]: `a` is named more than once among the targets; once is enough',
  ])
})

test('a share of more than half is warned of, unless the step says all', () => {
  const step = { name: 'Most', ...kill, duration: 10, targets: { percent: 80 } }
  const warningsOf = (change: object) => suiteOf(JSON.stringify({ name: 'S', experiments: [{ ...step, ...change }] })).warnings
  expect(warningsOf({})).toEqual([
    'experiments[0]: 80 % is more than half: refused of a workload where it comes to that, unless the step says "blastRadius": "all"',
  ])
  expect(warningsOf({ blastRadius: 'all' })).toEqual([])
  expect(stepOf({ ...step, blastRadius: 'all' }).blastRadius).toBe('all')
  expect(stepOf({ ...step, blastRadius: 'half' }).blastRadius).toBeUndefined()
})

test('a hypothesis that nothing measures is warned of', () => {
  const warningsOf = (change: object) =>
    suiteOf(JSON.stringify({ name: 'S', experiments: [{ name: 'A', ...kill, duration: 10 }], ...change })).warnings
  const warning = 'nothing measures the hypothesis: there are no probes (docs/probes.md)'
  expect(warningsOf({ hypothesis: 'All is well.' })).toEqual([warning])
  expect(warningsOf({ experiments: [{ name: 'A', ...kill, duration: 10, hypothesis: 'Reads go on.' }] })).toEqual([warning])
  expect(warningsOf({ hypothesis: 'All is well.', probes: [{ name: 'p', type: 'kubernetes', read: 'ready', tolerance: '>= 1' }] })).toEqual(
    [],
  )
})

test('ports and CIDRs that stand twice are warned of, and taken once', () => {
  const params = { degradation_type: 'loss', ports: [80, 443, 80], cidrs: ['10.0.0.0/8', '10.0.0.0/8'] }
  const step = { name: 'A', type: 'network_degradation', params, duration: 10 }
  const { suite, warnings } = suiteOf(JSON.stringify({ name: 'S', experiments: [step] }))
  expect(suite.steps[0]?.fault).toMatchObject({ ports: [80, 443], cidrs: ['10.0.0.0/8'] })
  expect(warnings).toEqual([
    'experiments[0].params.ports: `80` stands there more than once; once is enough',
    'experiments[0].params.cidrs: `10.0.0.0/8` stands there more than once; once is enough',
  ])
})

test('a run may take exactly its maxDuration', () => {
  expect(stepOf(kill, { gracePeriod: 0, maxDuration: 10 }).name).toBe('A')
})
