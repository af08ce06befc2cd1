import { describe, expect, test } from '@jest/globals'
import { type Case, memory, problemsOf, steps, suite, toldPrecisely } from './malformed-cases.ts'

const cases: readonly Case[] = [
  ['rollbacks of Chaos Toolkit', suite({ rollbacks: [] }), 'rollbacks', 'every fault is undone by itself'],
  ['stop conditions of FIS', suite({ stopConditions: [] }), 'stopConditions', 'unknown key `stopConditions`: here it is `thresholds`'],
  ['a namespace of Litmus', suite({ appns: 'shop' }), 'appns', 'here it is `namespace`. Allowed: $schema, name'],
  [
    'labels in a step',
    steps({ ...memory, labels: { app: 'a' } }),
    'experiments[0].labels',
    'here it is `selector`, which belongs to `targets`',
  ],
  [
    'labels in targets',
    steps({ ...memory, targets: { matchLabels: { app: 'a' } } }),
    'experiments[0].targets.matchLabels',
    'here it is `selector`',
  ],
  ['startAfter of FIS', steps({ ...memory, startAfter: ['a'] }), 'experiments[0].startAfter', 'steps run one after the other'],
  [
    'a percentage of Litmus',
    steps({ ...memory, targets: { PODS_AFFECTED_PERC: 50 } }),
    'experiments[0].targets.PODS_AFFECTED_PERC',
    'here it is `percent`',
  ],
  [
    'seconds of Go',
    steps({ ...memory, duration: '60s' }),
    'experiments[0].duration',
    'found the string `60s`; expected a number: write 60, in seconds',
  ],
  ['minutes of Go', steps({ ...memory, duration: '5m' }), 'experiments[0].duration', 'write 300, in seconds'],
  ['hours and minutes', suite({ recoveryTimeout: '1h30m' }), 'recoveryTimeout', 'write 5400, in seconds'],
  ['milliseconds', steps({ ...memory, interval: '500ms' }), 'experiments[0].interval', 'write 0.5, in seconds'],
  ['a duration of FIS', steps({ ...memory, duration: 'PT5M' }), 'experiments[0].duration', 'write 300, in seconds'],
  ['a grace period of Go', suite({ gracePeriod: '30s' }), 'gracePeriod', 'expected a number or an object: write 30, in seconds'],
  [
    'a latency of Chaos Mesh',
    steps({ name: 'A', type: 'network_degradation', params: { degradation_type: 'latency', latency: '90ms' }, duration: 10 }),
    'experiments[0].params.latency',
    'write 90, in milliseconds',
  ],
  ['labels as a map', suite({ selector: { app: 'shop', tier: 'db' } }), 'selector', 'expected a string: write `app=shop,tier=db`'],
  ['labels as a manifest has them', suite({ selector: { matchLabels: { app: 'shop' } } }), 'selector', 'write `app=shop`'],
]

describe('what people bring from other tools:', () => toldPrecisely(cases))

test('steps are told to be experiments beside what is missing then', () => {
  const found = problemsOf(JSON.stringify({ title: 'S', steps: [memory] }))
  expect(found.map(({ path, message }) => `${path}: ${message.slice(0, 60)}`)).toEqual(
    expect.arrayContaining([
      expect.stringContaining('title: unknown key `title`: here it is `name`'),
      expect.stringContaining('steps: unknown key `steps`: here it is `experiments`'),
    ]),
  )
})

test('a text that is no duration is not taken for one', () => {
  for (const duration of ['', 'm', 's5', '5 m', '1d', 'PT', '5m5'])
    expect(problemsOf(steps({ ...memory, duration }))[0]?.message).not.toContain('in seconds')
})
