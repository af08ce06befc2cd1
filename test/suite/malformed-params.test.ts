import { describe } from '@jest/globals'
import { type Case, failure, memory, partition, steps, targets, toldPrecisely } from './malformed-cases.ts'

const paramCases: readonly Case[] = [
  ['no params', steps({ ...memory, params: undefined }), 'experiments[0].params', 'missing; expected an object'],
  [
    'an underscore for a hyphen',
    steps(failure({ failure_type: 'pod_kill' })),
    'experiments[0].params.failure_type',
    '`pod_kill`: did you mean `pod-kill`? Allowed: pod-delete, pod-kill, crashloop, pod-pause, node-drain',
  ],
  ['no kind', steps(failure({})), 'experiments[0].params.failure_type', 'missing. Allowed: pod-delete'],
  [
    'an unheard-of kind',
    steps(failure({ failure_type: 'fire' })),
    'experiments[0].params.failure_type',
    '`fire` is not allowed. Allowed: pod-delete',
  ],
  [
    'a pause in pulses of no length',
    steps(failure({ failure_type: 'pod-pause', every: 5 })),
    'experiments[0].params.every',
    'stands without `for`',
  ],
  [
    'a pulse without a period',
    steps(failure({ failure_type: 'pod-pause', for: 5 })),
    'experiments[0].params.for',
    'stands without `every`',
  ],
  [
    'a pulse as long as its period',
    steps(failure({ failure_type: 'pod-pause', every: 5, for: 5 })),
    'experiments[0].params.for',
    'found 5: the next pause would begin before it is over; allowed: less than `every` (5)',
  ],
  [
    'a period as long as the step',
    steps(failure({ failure_type: 'pod-pause', every: 60, for: 5 })),
    'experiments[0].params.every',
    "found 60: no second pause before the step's end",
  ],
  [
    'an intensity in capitals',
    steps({ ...memory, params: { resource_type: 'memory', intensity: 'HIGH' } }),
    'experiments[0].params.intensity',
    '`HIGH`: did you mean `high`?',
  ],
  [
    'two letters of a word that changed places',
    steps({ ...memory, params: { resource_type: 'memory', intensity: 'hgih' } }),
    'experiments[0].params.intensity',
    '`hgih`: did you mean `high`?',
  ],
  [
    'a word that is no slip of the fingers',
    steps({ ...memory, params: { resource_type: 'memory', intensity: 'hihg-ish' } }),
    'experiments[0].params.intensity',
    '`hihg-ish` is not allowed.',
  ],
  [
    'no intensity',
    steps({ ...memory, params: { resource_type: 'memory' } }),
    'experiments[0].params.intensity',
    'missing. Allowed: low, medium, high',
  ],
  [
    'a signal for a crash loop',
    steps(failure({ failure_type: 'crashloop', signal: 'TERM' })),
    'experiments[0].params.signal',
    '`signal` belongs to failure_type pod-kill, not here',
  ],
  [
    'params of another type',
    steps(partition({ partition_type: 'all', failure_type: 'pod-kill' })),
    'experiments[0].params.failure_type',
    '`failure_type` belongs to type node_failure',
  ],
  [
    'SIGTERM',
    steps(failure({ failure_type: 'pod-kill', signal: 'SIGTERM' })),
    'experiments[0].params.signal',
    '`SIGTERM`: did you mean `TERM`?',
  ],
  [
    'a grace without meaning',
    steps(failure({ failure_type: 'pod-kill', signal: 'KILL', graceSeconds: 3 })),
    'experiments[0].params.graceSeconds',
    'no meaning with signal `KILL`',
  ],
  [
    'a KILL after the end',
    steps(failure({ failure_type: 'pod-kill', graceSeconds: 10 })),
    'experiments[0].params.graceSeconds',
    'allowed: less than its duration (10)',
  ],
  [
    'half a second of grace',
    steps(failure({ failure_type: 'pod-delete', graceSeconds: 0.5 })),
    'experiments[0].params.graceSeconds',
    'found the number `0.5`; expected a whole number',
  ],
  [
    'a boolean in quotes',
    steps(failure({ failure_type: 'node-drain', allowEmptyDir: 'true' })),
    'experiments[0].params.allowEmptyDir',
    'expected true or false: write true without quotes',
  ],
  [
    'no container name',
    steps(failure({ failure_type: 'crashloop', container: 'Main' })),
    'experiments[0].params.container',
    '`Main` is not the name of a container',
  ],
]

const targetCases: readonly Case[] = [
  ['a number', targets(5), 'experiments[0].targets', 'found the number `5`; expected a list, a string or an object'],
  ['no names', targets([]), 'experiments[0].targets', 'found an empty list; allowed: at least 1 entry'],
  ['an empty text', targets(''), 'experiments[0].targets', 'names no pod'],
  ['an empty name', targets('a,,b'), 'experiments[0].targets', 'has an empty name beside a comma'],
  ['a name that cannot be', targets('pod-0,Pod_1'), 'experiments[0].targets', '`Pod_1` is not the name of a pod'],
  ['a name that cannot be in a list', targets(['pod-0', 'Pod_1']), 'experiments[0].targets[1]', '`Pod_1` is not the name of a pod'],
  ['an unknown condition', targets({ label: 'a' }), 'experiments[0].targets.label', 'unknown key `label`'],
  [
    'percent and count',
    targets({ percent: 3, count: 1 }),
    'experiments[0].targets.count',
    'stands beside `percent`. Allowed: only one of the two',
  ],
  ['more than 100 percent', targets({ percent: 101 }), 'experiments[0].targets.percent', 'found the number `101`; allowed: at most 100'],
  ['a count of 0', targets({ count: 0 }), 'experiments[0].targets.count', 'found the number `0`; allowed: at least 1'],
  ['a huge count', targets({ count: 1e300 }), 'experiments[0].targets.count', 'found the number `1e+300`; allowed: at most 10000'],
  ['more than are named', targets({ names: 'a,b', count: 3 }), 'experiments[0].targets.count', 'found 3 of 2 named; allowed: at most 2'],
  [
    'a short owner kind',
    targets({ owner: 'deploy/jade' }),
    'experiments[0].targets.owner',
    '`deploy/jade`: did you mean `deployment/jade`?',
  ],
  ['an owner without kind', targets({ owner: 'jade' }), 'experiments[0].targets.owner', '`jade` is not kind/name of a controller'],
  [
    'a kind of owner with a slip of the fingers',
    targets({ owner: 'deplyoment/x' }),
    'experiments[0].targets.owner',
    '`deplyoment/x`: did you mean `deployment/x`? Allowed: deployment, statefulset, replicaset, daemonset, job, or any kind as kind.group',
  ],
  ['kinds of owners in the plural', targets({ owner: 'jobs/x' }), 'experiments[0].targets.owner', '`jobs/x`: did you mean `job/x`?'],
  [
    'a kind of owner in capitals',
    targets({ owner: 'Rollout/x' }),
    'experiments[0].targets.owner',
    '`Rollout` is not the kind of a controller in lower case',
  ],
  ['a selector of nodes that is none', targets({ nodeSelector: 'pool in spot' }), 'experiments[0].targets.nodeSelector', 'pool in spot'],
  ['a misspelt selector of nodes', targets({ nodeselector: 'a' }), 'experiments[0].targets.nodeselector', 'did you mean `nodeSelector`?'],
  [
    'pods of nodes for a fault that might hit the node',
    steps(partition({ partition_type: 'all', allowNodePods: true })),
    'experiments[0].params.allowNodePods',
    '`allowNodePods` belongs to failure_type pod-delete, pod-kill or crashloop, not here',
  ],
  ['a broken zone', targets({ zone: 'eu/1' }), 'experiments[0].targets.zone', '`eu/1` is not a zone'],
  ['a broken node', targets({ node: 'Node 1' }), 'experiments[0].targets.node', '`Node 1` is not the name of a node'],
  [
    'targets in two places',
    steps(failure({ failure_type: 'crashloop', targets: 'a' }, { targets: 'b' })),
    'experiments[0].params.targets',
    'stands beside `targets` of the step',
  ],
  [
    'a specific partition of no pod',
    steps(partition({ partition_type: 'specific' }, { targets: { count: 1 } })),
    'experiments[0].params.partition_type',
    '`specific` needs `targets`',
  ],
  [
    'a random partition of named pods',
    steps(partition({ partition_type: 'random', targets: ['a'] })),
    'experiments[0].params.targets',
    'pod names do not go with partition_type `random`: use `specific`',
  ],
  [
    'a part of all',
    steps(partition({ partition_type: 'all' }, { targets: { percent: 50 } })),
    'experiments[0].targets.percent',
    'takes every candidate: use `random`',
  ],
]

describe.each([
  ['params', paramCases],
  ['targets', targetCases],
])('a malformed step with %s', (_, cases) => toldPrecisely(cases))
