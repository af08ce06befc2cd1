import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { seededRandom } from '../../lib/domain/random.ts'
import { parseSuite } from '../../lib/suite/parse.ts'

const stress = JSON.parse(readFileSync(new URL('../../experiments/stress-test-suite.json', import.meta.url), 'utf8'))
const network = [
  { type: 'network_partition', params: { partition_type: 'random', scope: 'split', ports: [80], keepProbes: false } },
  { type: 'network_degradation', params: { degradation_type: 'jitter', latency: 80, loss: 0.5, cidrs: ['10.0.0.0/8'] } },
  { type: 'node_failure', params: { failure_type: 'pod-kill', repeatEvery: 10 } },
]
const added = network.map((step, n) => ({ name: `Added ${n}`, ...step, duration: 30 }))
const valid = JSON.stringify({ ...stress, experiments: [...stress.experiments, ...added] }, null, 2)
const values = [
  null,
  true,
  0,
  -1,
  1e308,
  1.5,
  '',
  'pod-kill',
  'a,b',
  'policy',
  '/tmp/x',
  '10.0.0.0/8',
  100,
  [],
  ['a'],
  {},
  { names: ['a'], count: 2 },
  { before: 1 },
  [[]],
  '\u0000\u202e',
]
const keys = [
  'name',
  'type',
  'params',
  'targets',
  'duration',
  'failure_type',
  'partition_type',
  'signal',
  'graceSeconds',
  'repeatEvery',
  'mechanism',
  'scope',
  'cidrs',
  'path',
  'degradation_type',
  'latency',
  'jitter',
  'loss',
  'rate',
  '__proto__',
  'constructor',
  'toString',
  '',
]
const pieces = ['{', '}', '[', ']', ',', ':', '"', '\\', '\n', '//', '/*', '1e999', 'NaN', '\ufeff', '\ud800', '\\u12', "'"]

type Pick = <T>(items: readonly T[]) => T

/** Puts, takes away or replaces something at a random place of a JSON tree. */
function mutateTree(node: unknown, pick: Pick): unknown {
  if (typeof node !== 'object' || node === null || pick([true, false, false, false])) return pick<unknown>(values)
  if (Array.isArray(node)) {
    const at = pick([...node.keys(), node.length])
    return node.toSpliced(at, 1, ...pick([[], [mutateTree(node[at], pick)], [node[at], node[at]]]))
  }
  const entries = Object.entries(node)
  const [key, value] = pick([...entries, [pick(keys), pick<unknown>(values)] as const])
  const rest = entries.filter(([name]) => name !== key)
  return Object.fromEntries(
    pick([
      rest,
      [...rest, [key, mutateTree(value, pick)]],
      [...rest, [pick(keys), value]],
      [...entries, [pick(keys), pick<unknown>(values)]],
    ]),
  )
}

function mutateText(text: string, pick: Pick, random: () => number): string {
  const at = Math.floor(random() * text.length)
  return text.slice(0, at) + pick(pieces) + text.slice(at + pick([0, 1, 5, 500]))
}

/** Which promises of `parseSuite` the text breaks. */
function broken(text: string): readonly string[] {
  const parsed = parseSuite(text, 'suite.json')
  if (parsed.ok) {
    const { steps, maxDurationMs } = parsed.suite
    const numbers = [maxDurationMs, ...steps.flatMap((step) => [step.durationMs, step.targets.percent ?? step.targets.count ?? Number.NaN])]
    return [
      ...(steps.length > 0 ? [] : ['no steps']),
      ...(numbers.every((n) => n > 0 && Number.isFinite(n)) ? [] : ['a number that is none']),
    ]
  }
  const lines = text.split(/\r\n|\n|\r/)
  return [
    ...(parsed.problems.length > 0 ? [] : ['refused without a reason']),
    ...parsed.problems
      .filter(({ message }) => message === '' || /undefined|\[object/.test(message))
      .map(({ message }) => `says ${message}`),
    ...parsed.problems
      .filter(({ line, column }) => column < 1 || column > (lines[line - 1] ?? '').length + 1)
      .map(({ line, column }) => `${line}:${column} is not in the file`),
  ]
}

test.each([1, 2, 3, 4])('whatever a valid file is turned into, there is a sound suite or a sound problem (seed %p)', (seed) => {
  const random = seededRandom(seed)
  const pick: Pick = (items) => items[Math.floor(random() * items.length)] as (typeof items)[number]
  let accepted = 0
  for (let n = 0; n < 250; n++) {
    let tree: unknown = JSON.parse(valid)
    for (let times = pick([1, 2, 3]); times > 0; times--) tree = mutateTree(tree, pick)
    const asTree = JSON.stringify(tree, null, pick([0, 2])) ?? ''
    const asText = mutateText(mutateText(valid, pick, random), pick, random)
    for (const text of [asTree, asText]) {
      const wrong = broken(text)
      if (wrong.length > 0) throw new Error(`${wrong.join('; ')}\n${text}`)
      if (parseSuite(text, 'suite.json').ok) accepted++
    }
  }
  expect(accepted).toBeGreaterThan(0)
  expect(accepted).toBeLessThan(450)
})
