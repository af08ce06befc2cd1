import { describe, expect, test } from '@jest/globals'
import { problemsOf, stepOf } from './one-step.ts'

const kill = (params: object, rest: object = {}) => ({ type: 'node_failure', params: { failure_type: 'pod-kill', ...params }, ...rest })
const exhaustion = (params: object) => ({ type: 'resource_exhaustion', params: { resource_type: 'disk', intensity: 'low', ...params } })

describe('a repeated pod-kill', () => {
  test.each<[params: object, expected: object]>([
    [{ repeatEvery: 9 }, { repeatEverySeconds: 9, graceSeconds: 4 }],
    [{ repeatEvery: 4 }, { repeatEverySeconds: 4, graceSeconds: 2 }],
    [{ repeatEvery: 1 }, { repeatEverySeconds: 1, graceSeconds: 0 }],
    [
      { repeatEvery: 4, graceSeconds: 3 },
      { repeatEverySeconds: 4, graceSeconds: 3 },
    ],
    [
      { repeatEvery: 1, signal: 'KILL' },
      { repeatEverySeconds: 1, signal: 'KILL', graceSeconds: 0 },
    ],
    [{}, { repeatEverySeconds: null, graceSeconds: 5 }],
  ])('may be %j in 10 s', (params, expected) => {
    expect(stepOf(kill(params)).fault).toMatchObject(expected)
  })

  test.each<[params: object, path: string, message: string]>([
    [{ repeatEvery: 0 }, 'repeatEvery', 'found the number `0`; allowed: at least 1 seconds'],
    [{ repeatEvery: 1.5 }, 'repeatEvery', 'found the number `1.5`; expected a whole number'],
    [{ repeatEvery: '5' }, 'repeatEvery', 'found the string `5`; expected a number: write 5 without quotes'],
    [{ repeatEvery: true }, 'repeatEvery', 'found the boolean `true`; expected a number'],
    [{ repeatEvery: 10 }, 'repeatEvery', "found 10: no second kill before the step's end; allowed: less than its duration (10)"],
    [
      { repeatEvery: 3, graceSeconds: 3 },
      'graceSeconds',
      'found 3: KILL would come after the next TERM; allowed: less than `repeatEvery` (3)',
    ],
    [{ repeatEvery: 3, graceSeconds: 2, signal: 'KILL' }, 'graceSeconds', 'has no meaning with signal `KILL`'],
    [{ repeat_every: 3 }, 'repeat_every', 'unknown key `repeat_every`: did you mean `repeatEvery`?'],
    [{ repeat: 3 }, 'repeat', 'unknown key `repeat` means nothing here'],
  ])('with %j in 10 s is one problem, told precisely', (params, path, message) => {
    expect(problemsOf(kill(params))).toEqual([[`params.${path}`, expect.stringContaining(message)]])
  })

  test('may fill its duration to the last second, and not more', () => {
    expect(stepOf(kill({ repeatEvery: 3599 }, { duration: 3600 })).fault).toMatchObject({ repeatEverySeconds: 3599 })
    expect(problemsOf(kill({ repeatEvery: 3600 }, { duration: 3600 })).map(([path]) => path)).toEqual(['params.repeatEvery'])
    expect(problemsOf(kill({ repeatEvery: 1 }, { duration: 0.5 })).map(([path]) => path)).toEqual(['params.repeatEvery'])
  })

  test('is measured only against numbers that make sense themselves', () => {
    expect(problemsOf(kill({ repeatEvery: 3 }, { duration: 0 })).map(([path]) => path)).toEqual(['duration'])
    expect(problemsOf(kill({ repeatEvery: 0, graceSeconds: 2 })).map(([path]) => path)).toEqual(['params.repeatEvery'])
  })

  test.each(['pod-delete', 'crashloop', 'node-drain'])('is not a %s', (kind) => {
    expect(problemsOf(kill({ failure_type: kind, repeatEvery: 3 }))).toEqual([
      ['params.repeatEvery', expect.stringContaining('`repeatEvery` belongs to failure_type pod-kill, not here')],
    ])
  })
})

describe('the path of a disk', () => {
  test.each([
    '/',
    '/tmp',
    '/var/lib/data',
    '/process/sysfs',
    '/developers',
    '/proc2',
    '/data/proc',
    '/var/..data/..x',
    '/.hidden/...',
    '/a b/$(reboot);"\'`\\',
    '/dåta/数据',
    `/${'x'.repeat(254)}`,
  ])('may be %j, and is taken literally', (path) => {
    expect(stepOf(exhaustion({ path })).fault).toMatchObject({ kind: 'disk', path })
  })

  test('is null when none is given', () => {
    expect(stepOf(exhaustion({})).fault).toMatchObject({ path: null })
  })

  const spelling = 'Allowed: a path without "//", "/./" and a "/" at its end'
  const broken = 'has a control character or half a character in it; neither is allowed'
  test.each([
    ['', '`` is not an absolute path: it starts with "/"'],
    ['tmp', '`tmp` is not an absolute path: it starts with "/"'],
    ['~/data', '`~/data` is not an absolute path: it starts with "/"'],
    [' /tmp', '` /tmp` is not an absolute path: it starts with "/"'],
    ['/tmp/', `\`/tmp/\`: did you mean \`/tmp\`? ${spelling}`],
    ['//tmp', `\`//tmp\`: did you mean \`/tmp\`? ${spelling}`],
    ['//', `\`//\`: did you mean \`/\`? ${spelling}`],
    ['/tmp/./a', `\`/tmp/./a\`: did you mean \`/tmp/a\`? ${spelling}`],
    ['/tmp/..', '`/tmp/..` goes up by "..": write the place itself'],
    ['/tmp/../etc', '`/tmp/../etc` goes up by "..": write the place itself'],
    ['/../tmp', '`/../tmp` goes up by "..": write the place itself'],
    ['/proc', "`/proc` is not on a disk: /proc, /sys, /dev are the kernel's own"],
    ['/sys/fs/cgroup', "`/sys/fs/cgroup` is not on a disk: /proc, /sys, /dev are the kernel's own"],
    ['/dev/shm', "`/dev/shm` is not on a disk: /proc, /sys, /dev are the kernel's own"],
    ['/tmp\n', `\`/tmp\\n\` ${broken}`],
    ['/tmp/a\u0000b', `\`/tmp/a\\u0000b\` ${broken}`],
    ['/tmp/\u001b[2J', `\`/tmp/\\u001b[2J\` ${broken}`],
    ['/tmp/\ud800', expect.stringContaining(broken)],
    [`/${'x'.repeat(255)}`, 'found 256 characters; allowed: at most 255'],
  ])('%j is refused', (path, message) => {
    expect(problemsOf(exhaustion({ path }))).toEqual([['params.path', message]])
  })

  test('that is no text is refused', () => {
    expect(problemsOf(exhaustion({ path: ['/tmp'] }))).toEqual([['params.path', 'found a list; expected a string']])
  })

  test.each(['cpu', 'memory', 'network'])('has no meaning for %s', (kind) => {
    expect(problemsOf(exhaustion({ resource_type: kind, path: '/tmp' }))).toEqual([
      ['params.path', `has no meaning with resource_type \`${kind}\`. Allowed: only with \`disk\``],
    ])
  })

  test('has no place in other types', () => {
    expect(problemsOf(kill({ path: '/tmp' }))).toEqual([
      [
        'params.path',
        expect.stringContaining('`path` belongs to type resource_exhaustion with resource_type disk, or to type http_fault, not here'),
      ],
    ])
  })
})

describe('the mode of a network', () => {
  test.each(['rate', 'load'])('may be %s', (mode) => {
    expect(stepOf(exhaustion({ resource_type: 'network', mode })).fault).toMatchObject({ kind: 'network', mode })
  })

  test.each(['flood', 'rate\n', '$(reboot)', '', 'l'.repeat(253)])('%j is refused', (mode) => {
    expect(problemsOf(exhaustion({ resource_type: 'network', mode }))).toEqual([['params.mode', expect.stringMatching(/rate.*load/)]])
  })

  test.each(['cpu', 'memory', 'disk'])('has no meaning for %s', (kind) => {
    expect(problemsOf(exhaustion({ resource_type: kind, mode: 'load' }))).toEqual([
      ['params.mode', `has no meaning with resource_type \`${kind}\`. Allowed: only with \`network\``],
    ])
  })
})
