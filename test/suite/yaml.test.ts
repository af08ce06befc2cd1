import { expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { parseSuite } from '../../lib/suite/parse.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'
import { suiteOf } from './one-step.ts'

const parsed = (text: string) => parseSuite(text, 'suite.yaml', { read: readYaml })
const problemsOf = (text: string) => {
  const result = parsed(text)
  return result.ok ? [] : result.problems.map(({ line, column, path, message }) => [`${line}:${column}`, path, message])
}

const whole = `# A game day
name: Example   # told in reports
description: >
  Two lines
  of prose.
namespace: no
probes:
  - { name: web, type: http, url: "http://a/", mode: continuous, tolerance: 200 }
experiments:
  - name: Partition
    type: network_partition
    params: { partition_type: random, ports: [5432] }
    duration: 45
    interval: 1.5
  - name: Kill
    type: node_failure
    params:
      failure_type: pod-kill
      signal: KILL
    duration: 6e1
    targets: db-0, db-1
schedule:
  cron: 0 10 ? * TUE *
  window: { days: [MON, TUE], from: 09:00, to: 16:00 }
`

test('a suite in YAML is the suite that JSON says with the same keys', () => {
  const inJson = {
    name: 'Example',
    description: 'Two lines of prose.\n',
    namespace: 'no',
    probes: [{ name: 'web', type: 'http', url: 'http://a/', mode: 'continuous', tolerance: 200 }],
    experiments: [
      { name: 'Partition', type: 'network_partition', params: { partition_type: 'random', ports: [5432] }, duration: 45, interval: 1.5 },
      { name: 'Kill', type: 'node_failure', params: { failure_type: 'pod-kill', signal: 'KILL' }, duration: 60, targets: 'db-0, db-1' },
    ],
    schedule: { cron: '0 10 ? * TUE *', window: { days: ['MON', 'TUE'], from: '09:00', to: '16:00' } },
  }
  expect(parsed(whole)).toEqual(suiteOf(JSON.stringify(inJson)))
  expect(parsed(stringify(inJson))).toEqual(parsed(whole))
  expect(parsed(whole.replaceAll('\n', '\r\n'))).toEqual(parsed(whole))
})

test('JSON is YAML, too, but for what its own reader keeps out', () => {
  expect(parsed(JSON.stringify({ name: 'S', experiments: [] }))).toMatchObject({ problems: [{ path: 'experiments' }] })
})

test('each problem has its line, its column and its path', () => {
  const slips = whole.replace('pod-kill', 'pod-kil').replace('interval: 1.5', 'interval: yes').replace('partition_type', 'partition_typ')
  expect(problemsOf(slips)).toEqual([
    ['12:13', 'experiments[0].params.partition_type', 'missing. Allowed: random, specific, all'],
    ['12:15', 'experiments[0].params.partition_typ', expect.stringContaining('did you mean `partition_type`?')],
    ['14:15', 'experiments[0].interval', 'found the string `yes`; expected a number'],
    ['18:21', 'experiments[1].params.failure_type', expect.stringContaining('did you mean `pod-kill`?')],
  ])
})

test.each([
  ['yes', 'write true'],
  ['Off', 'write false'],
])('`%s` is a text, as YAML 1.2 has it, and where true or false is wanted the problem says what to write', (word, hint) => {
  const text = whole.replace('signal: KILL', 'allowBarePods: WORD').replace('pod-kill', 'pod-delete').replace('WORD', word)
  expect(problemsOf(text)).toEqual([
    ['19:22', 'experiments[1].params.allowBarePods', `found the string \`${word}\`; expected true or false: ${hint}`],
  ])
})

test.each([
  ['an anchor and an alias', 'a: &x 1\nb: *x', ['1:4', '', '`&x` is an anchor'], ['2:4', '', '`*x` is an alias']],
  ['a merge key', 'name: S\n<<: { a: 1 }', ['2:1', '["<<"]', '`<<` is a merge key']],
  ['a merge key in flow', 'a: { <<: 1 }', ['1:6', 'a["<<"]', '`<<` is a merge key']],
  ['a tag', 'a: !!binary aGk=', ['1:4', '', '`!!binary` is a tag']],
  ['a tag of one’s own on a block', 'a: !secret |\n  s', ['1:4', '', '`!secret` is a tag']],
  ['a directive', '%YAML 1.1\n---\na: 1', ['1:1', '', '`%YAML 1.1` is a directive']],
  ['a second document', '---\nname: S\n---\nname: T', ['3:1', '', 'a second document begins here']],
  ['a second document after the end of the first', 'name: S\n...\nname: T', ['3:1', '', 'a second document begins here']],
  ['a tab as indentation', 'name:\n\tS: 1', ['2:1', '', 'a tab: YAML is indented with blanks']],
  [
    'a key twice',
    'name: S\nexperiments: []\nname: T',
    ['2:14', 'experiments', ''],
    ['3:1', 'name', 'stands twice in the same object, first in line 1'],
  ],
  ['a list as key', '? [a]\n: 1', ['1:3', '', 'a key is a word']],
  ['no key', ': 1', ['1:1', '', 'a key is a word']],
  ['hexadecimal', 'maxDuration: 0x1F', ['1:14', 'maxDuration', '`0x1F`: write it as a plain decimal number']],
  ['a leading zero', 'maxDuration: 010', ['1:14', 'maxDuration', '`010`: write it']],
  ['infinity', 'maxDuration: .inf', ['1:14', 'maxDuration', '`.inf`: write it']],
  ['a quote without end', 'name: "S', ['1:9', 'name', 'is not YAML: Missing closing "quote']],
  ['a list without end', 'name: S\nexperiments: [1', ['2:16', 'experiments[0]', 'is not YAML']],
  [
    'a variable between braces',
    `gracePeriod: { before: \${A} }`,
    ['1:25', 'gracePeriod.before', 'a variable stands in quotes'],
    ['1:26', 'gracePeriod.before', ''],
  ],
  ['nothing but a comment', '# later', ['1:1', '', 'found null; expected an object']],
  ['nothing', ' \n', ['1:1', '', 'the file is empty; expected a YAML mapping']],
  ['a byte order mark', '\ufeffname: S', ['1:1', '', 'byte order mark']],
])('%s is told in its place', (_what, text, ...expected) => {
  const found = problemsOf(text).slice(0, expected.length)
  expect(found).toEqual(expected.map(([place, path, message = '']) => [place, path, expect.stringContaining(message)]))
})

test.each(['[', '{a: ', '- ', '? ', 'a:\n- ', '&a [', '*a, '])('half a megabyte of `%s` is refused, and overflows no stack', (part) => {
  const found = problemsOf(part.repeat(Math.floor(524_288 / part.length)))
  expect(found.length).toBeGreaterThan(0)
})

test('aliases that would multiply are refused before anything is expanded', () => {
  const levels = Array.from({ length: 30 }, (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(', ')}]`)
  const found = problemsOf(['l0: &l0 x', ...levels].join('\n'))
  expect(found).toHaveLength(20)
  expect(found.map(([, , message]) => message)).toContainEqual(expect.stringContaining('is an alias'))
})
