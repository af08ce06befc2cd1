import { describe, expect, test } from '@jest/globals'
import { formatProblems } from '../../lib/suite/problems.ts'
import { type Case, failure, memory, problemsOf, steps, suite, toldPrecisely } from './malformed-cases.ts'

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
  ['a key of a later version', suite({ later: {} }), 'later', 'unknown key `later` means nothing here'],
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
    'missing. Allowed: resource_exhaustion, network_partition, node_failure, network_degradation, dns_failure, http_fault; with these params it is `resource_exhaustion`',
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

describe('a malformed text', () => toldPrecisely(texts, true))

describe.each([
  ['suite', tops],
  ['step', stepCases],
])('a malformed %s', (_, cases) => toldPrecisely(cases))

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
      'suite.json:1:87: experiments[0].params.failure_type: `pod_kill`: did you mean `pod-kill`? Allowed: pod-delete, pod-kill, crashloop, pod-pause, node-drain',
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
