import { describe, expect, test } from '@jest/globals'
import { parseSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'

const memory = { name: 'A', type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 10 }
const failure = (params: object, rest: object = {}) => ({ name: 'A', type: 'node_failure', params, duration: 10, ...rest })
const partition = (params: object, rest: object = {}) => ({ name: 'A', type: 'network_partition', params, duration: 10, ...rest })
const suite = (top: object) => JSON.stringify({ name: 'S', experiments: [memory], ...top })
const steps = (...experiments: unknown[]) => suite({ experiments })
const targets = (value: unknown) => steps({ ...memory, targets: value })

function problemsOf(text: string) {
  const parsed = parseSuite(text, 'suite.json')
  return parsed.ok ? [] : parsed.problems
}

type Case = readonly [what: string, text: string, path: string, message: string]

const texts: readonly Case[] = [
  ['nothing', '', '', 'the file is empty'],
  ['only blanks', ' \n\t', '', 'the file is empty'],
  ['a list at the root', '[]', '', 'found an empty list; expected an object'],
  ['null at the root', 'null', '', 'found null; expected an object'],
  ['a byte order mark', `\ufeff${suite({})}`, '', 'byte order mark: save it as UTF-8 without BOM'],
  ['a comment', '{ // why\n "name": "S" }', '', '`// why` starts a comment, and JSON has none'],
  ['a trailing comma', '{ "name": "S", "experiments": [1, ] }', 'experiments[1]', '`]` found where a value was expected'],
  ['a missing comma', '{ "name": "S" "description": "" }', 'description', '`"description"` found where `,` was expected'],
  ['an end too early', '{ "name": "S", "experiments": [', 'experiments[0]', 'the end of the file found where'],
  ['single quotes', "{ 'name': 1 }", '', "`'name'` is not JSON: texts stand in double quotes"],
  ['NaN', '{ "maxDuration": NaN }', 'maxDuration', '`NaN` is not JSON'],
  ['text after the end', `${suite({})} {}`, '', 'found after the end of the JSON object'],
  ['a line break in a text', '{ "name": "a\nb" }', 'name', 'without a closing quote'],
  ['depth without end', `{"name":${'['.repeat(200_000)}`, '', 'nested deeper than 32 levels'],
  ['a megabyte and more', suite({ description: 'x'.repeat(1_048_576) }), '', 'too large; allowed: at most 1048576 bytes'],
  ['a key twice', '{ "name": "S",\n "name": "T", "experiments": [] }', 'name', 'stands twice in the same object, first in line 1'],
  ['__proto__', '{ "__proto__": {} }', '__proto__', 'unknown key `__proto__` means nothing here. Allowed: $schema, name'],
]

const tops: readonly Case[] = [
  ['no name', JSON.stringify({ experiments: [memory] }), 'name', 'missing; expected a string'],
  ['a blank name', suite({ name: '  ' }), 'name', 'is not a name (1 to 100 characters'],
  ['a name of control characters', suite({ name: 'a\u001b[2Jb' }), 'name', '`a\\u001b[2Jb` is not a name'],
  ['no experiments', '{ "name": "S" }', 'experiments', 'missing; expected a list'],
  ['empty experiments', steps(), 'experiments', 'found an empty list; allowed: at least 1 entry'],
  [
    '101 experiments',
    steps(...Array.from({ length: 101 }, () => memory)),
    'experiments',
    'found a list of 101; allowed: at most 100 entries',
  ],
  ['an unknown key', suite({ gracePeriods: 3 }), 'gracePeriods', 'unknown key `gracePeriods`: did you mean `gracePeriod`? Allowed: '],
  ['a key in other case', suite({ max_duration: 3 }), 'max_duration', 'did you mean `maxDuration`?'],
  ['a key of a later version', suite({ steadyState: {} }), 'steadyState', 'unknown key `steadyState` means nothing here'],
  ['a key that needs quotes', suite({ 'a b': 1 }), '["a b"]', 'unknown key `a b`'],
  ['a namespace of Kubernetes', suite({ namespace: 'kube-system' }), 'namespace', 'kube-… belongs to Kubernetes itself'],
  ['a broken selector', suite({ selector: 'app in (a' }), 'selector', '`app in (a` is none of: key=value'],
  ['an empty selector', suite({ selector: '' }), 'selector', 'would take every pod of the namespace'],
  ['a grace period in words', suite({ gracePeriod: 'none' }), 'gracePeriod', 'found the string `none`; expected a number or an object'],
  [
    'a grace period below 0',
    suite({ gracePeriod: { after: -1 } }),
    'gracePeriod.after',
    'found the number `-1`; allowed: at least 0 seconds',
  ],
  [
    'less time than planned',
    suite({ maxDuration: 69 }),
    'maxDuration',
    'found 69; the steps with their intervals and grace periods take 70 seconds',
  ],
  ['too small a maxDuration', suite({ maxDuration: 0 }), 'maxDuration', 'found the number `0`; allowed: more than 0 seconds'],
]

const stepCases: readonly Case[] = [
  ['a step that is none', steps(7), 'experiments[0]', 'found the number `7`; expected an object'],
  [
    'a duration in quotes',
    steps({ ...memory, duration: '60' }),
    'experiments[0].duration',
    'found the string `60`; expected a number: write 60 without quotes',
  ],
  ['no duration', steps({ ...memory, duration: undefined }), 'experiments[0].duration', 'missing; expected a number'],
  ['a duration of 0', steps({ ...memory, duration: 0 }), 'experiments[0].duration', 'allowed: more than 0 seconds'],
  [
    'a duration in milliseconds',
    steps({ ...memory, duration: 60_000 }),
    'experiments[0].duration',
    'found the number `60000`; allowed: at most 3600 seconds',
  ],
  [
    'an endless duration',
    steps(memory).replace('10', '1e999'),
    'experiments[0].duration',
    'found a number beyond all bounds; expected a number',
  ],
  ['a mistyped key', steps({ ...memory, duraton: 3 }), 'experiments[0].duraton', 'unknown key `duraton`: did you mean `duration`?'],
  ['two letters of a key that changed places', steps({ ...memory, targest: 'a' }), 'experiments[0].targest', 'did you mean `targets`?'],
  [
    'a param beside params',
    steps({ ...memory, intensity: 'low' }),
    'experiments[0].intensity',
    '`intensity` belongs to `params`, not here',
  ],
  ['a condition beside targets', steps({ ...memory, percent: 3 }), 'experiments[0].percent', '`percent` belongs to `targets`, not here'],
  [
    'no type',
    steps({ ...memory, type: undefined }),
    'experiments[0].type',
    'missing. Allowed: resource_exhaustion, network_partition, node_failure, network_degradation; with these params it is `resource_exhaustion`',
  ],
  [
    'a mistyped type',
    steps({ ...memory, type: 'Resource-Exhaustion' }),
    'experiments[0].type',
    '`Resource-Exhaustion`: did you mean `resource_exhaustion`?',
  ],
  [
    'an unheard-of type',
    steps({ ...memory, type: 'earthquake' }),
    'experiments[0].type',
    '`earthquake` is not allowed. Allowed: resource_exhaustion',
  ],
  ['a type that is a number', steps({ ...memory, type: 3 }), 'experiments[0].type', 'found the number `3`. Allowed: resource_exhaustion'],
  [
    'a kind as type',
    steps(failure({ failure_type: 'pod-kill' }, { type: 'pod_kill' })),
    'experiments[0].type',
    'write "type": "node_failure" with "params": { "failure_type": "pod-kill" }',
  ],
]

const paramCases: readonly Case[] = [
  ['no params', steps({ ...memory, params: undefined }), 'experiments[0].params', 'missing; expected an object'],
  [
    'an underscore for a hyphen',
    steps(failure({ failure_type: 'pod_kill' })),
    'experiments[0].params.failure_type',
    '`pod_kill`: did you mean `pod-kill`? Allowed: pod-delete, pod-kill, crashloop, node-drain',
  ],
  ['no kind', steps(failure({})), 'experiments[0].params.failure_type', 'missing. Allowed: pod-delete'],
  [
    'an unheard-of kind',
    steps(failure({ failure_type: 'fire' })),
    'experiments[0].params.failure_type',
    '`fire` is not allowed. Allowed: pod-delete',
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
    'an owner that is no target',
    targets({ owner: 'daemonset/x' }),
    'experiments[0].targets.owner',
    '`daemonset` is not allowed. Allowed: deployment, statefulset, replicaset',
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
    'a specific partition of nobody',
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
  ['text', texts],
  ['suite', tops],
  ['step', stepCases],
  ['params', paramCases],
  ['targets', targetCases],
])('a malformed %s', (_, cases) => {
  test.each(cases)('with %s is one problem, told precisely', (_what, text, path, message) => {
    const found = problemsOf(text)
    expect(found).toContainEqual(expect.objectContaining({ file: 'suite.json', path, message: expect.stringContaining(message) }))
    if (path !== '' && cases !== texts) expect(found.map((problem) => problem.path)).toEqual([path])
  })
})

const manyWrong = `{
  "name": "S",
  "selektor": "a=b",
  "maxDuration": 20,
  "experiments": [
    { "name": "A", "type": "node_failure", "params": { "failure_type": "podkill", "signal": "HUP" }, "duration": "5" },
    { "name": "B", "type": "network_degradation", "duration": 5, "interval": -1, "params": { "delay": 3 } },
    { "name": "C", "type": "earthquake", "duration": 5, "interval": -1, "params": { "delay": 3 } }
  ]
}`

test('every problem of a file is told at once, at its place, in the order of the file', () => {
  expect(problemsOf(manyWrong).map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
    '3:3 selektor',
    '6:72 experiments[0].params.failure_type',
    '6:93 experiments[0].params.signal',
    '6:114 experiments[0].duration',
    '7:78 experiments[1].interval',
    '7:92 experiments[1].params.degradation_type',
    '7:94 experiments[1].params.delay',
    '8:28 experiments[2].type',
    '8:69 experiments[2].interval',
  ])
})

test('several slips of syntax are told at once', () => {
  expect(problemsOf('{ "a": nope,\r\n "b": tru }').map(({ line, column, path }) => [line, column, path])).toEqual([
    [1, 8, 'a'],
    [2, 7, 'b'],
  ])
})

test('the text for the command line has a line for each problem, and says that nothing happened', () => {
  expect(formatProblems(problemsOf(steps(failure({ failure_type: 'pod_kill' }, { duration: 0 }))))).toBe(
    [
      'suite.json:1:87: experiments[0].params.failure_type: `pod_kill`: did you mean `pod-kill`? Allowed: pod-delete, pod-kill, crashloop, node-drain',
      'suite.json:1:110: experiments[0].duration: found the number `0`; allowed: more than 0 seconds',
      '2 problems; nothing was touched.',
    ].join('\n'),
  )
})

test('a flood of problems is cut, and counted', () => {
  const text = formatProblems(problemsOf(`{${Array.from({ length: 150 }, (_, n) => `"k${n}": 1`).join()}}`))
  expect(text.split('\n')).toHaveLength(102)
  expect(text).toContain('… and 52 more\n152 problems; nothing was touched.')
})

test('what a message quotes cannot act on a terminal', () => {
  const evil = '\u001b[31m\u202e\u009b'
  const text = formatProblems(problemsOf(suite({ [evil]: 1, namespace: evil, selector: `${evil}=` })))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})
