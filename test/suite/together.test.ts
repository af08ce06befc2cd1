import { readFileSync } from 'node:fs'
import { describe, expect, it, test } from '@jest/globals'
import { plannedMs } from '../../lib/domain/together.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { partOf } from '../../lib/suite/part-of-suite.ts'

const memory = { type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 60 }
const file = (experiments: readonly object[], more: object = {}) =>
  parseSuite(
    JSON.stringify({ name: 'Together', ...more, experiments: experiments.map((step, n) => ({ name: `s${n}`, ...memory, ...step })) }),
    'f.json',
  )

function problemsOf(experiments: readonly object[], more: object = {}): readonly string[] {
  const parsed = file(experiments, more)
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('a group of steps in a suite file', () => {
  it('is what neighbours say of it, in milliseconds', () => {
    const parsed = file([{ together: 'g' }, { together: 'g', delay: 1.5, after: 's0' }, { together: 'g', after: ['s0', 's1'] }, {}])
    expect(parsed.ok && parsed.suite.steps.map(({ together }) => together)).toEqual([
      { group: 'g', delayMs: 0, after: [] },
      { group: 'g', delayMs: 1_500, after: ['s0'] },
      { group: 'g', delayMs: 0, after: ['s0', 's1'] },
      undefined,
    ])
  })

  it('is planned to take as long as its last fault, which maxDuration must allow', () => {
    const group = [{ together: 'g', duration: 100 }, { together: 'g', delay: 50, duration: 80, interval: 20 }, {}]
    const parsed = file(group, { gracePeriod: 0 })
    expect(parsed.ok && plannedMs(parsed.suite)).toBe((130 + 20 + 60) * 1_000)
    expect(problemsOf(group, { gracePeriod: 0, maxDuration: 210 })).toEqual([])
    expect(problemsOf(group, { gracePeriod: 0, maxDuration: 209 })).toEqual([expect.stringContaining('take 210 seconds')])
  })

  test.each([
    [
      'apart',
      [{ together: 'g' }, {}, { together: 'g' }],
      'experiments[2].together: `g` is the group of experiments[0], too, with others in between',
    ],
    ['a delay without a group', [{ delay: 3 }], 'experiments[0].delay: belongs to a step that names its group by `together`'],
    ['an after without a group', [{ after: 'x' }], 'experiments[0].after: belongs to a step that names its group by `together`'],
    [
      'a rest in the middle',
      [{ together: 'g', interval: 5 }, { together: 'g' }],
      'experiments[0].interval: is the rest after the whole group',
    ],
    ['after itself', [{ together: 'g', after: 's0' }, { together: 'g' }], 'experiments[0].after: `s0` is the step itself'],
    [
      'after a slip',
      [
        { together: 'g', name: 'Fill' },
        { together: 'g', after: 'Fil' },
      ],
      'experiments[1].after: `Fil`: did you mean `Fill`?',
    ],
    [
      'after a step of another group',
      [{ name: 'elsewhere' }, { together: 'g' }, { together: 'g', after: 'elsewhere' }],
      'experiments[2].after: `elsewhere` is no other step of its group',
    ],
    [
      'after two of one name',
      [
        { together: 'g', name: 'a' },
        { together: 'g', name: 'a' },
        { together: 'g', after: 'a' },
      ],
      'experiments[2].after: `a` is the name of 2 steps',
    ],
    [
      'a ring',
      [
        { together: 'g', after: 's2' },
        { together: 'g', after: 's0' },
        { together: 'g', after: 's1' },
      ],
      'experiments[0].after: `s2` waits for this step',
    ],
  ])('is refused with its place: %s', (_, experiments, message) => {
    expect(problemsOf(experiments)).toEqual(expect.arrayContaining([expect.stringContaining(message)]))
  })

  it('does not wait for a step that is left out of a run', () => {
    const parsed = file([{ together: 'g' }, { together: 'g', delay: 5, after: 's0' }], { gracePeriod: 0 })
    if (!parsed.ok) throw new Error('it parses')
    expect(plannedMs(parsed.suite)).toBe(125_000)
    expect(plannedMs(partOf(parsed.suite, { skip: ['s0'] }))).toBe(65_000)
  })

  it('is, in docs/suite-format.md, a suite that can be run', () => {
    const text = readFileSync('docs/suite-format.md', 'utf8').split(/^## Together$/m)[1]
    const parsed = parseSuite(/```json\n([\s\S]*?)```/.exec(text ?? '')?.[1] ?? '', 'docs')
    expect(parsed.ok ? parsed.suite.steps.map(({ together }) => together?.after) : parsed.problems).toEqual([[], [], ['Cut'], undefined])
  })
})
