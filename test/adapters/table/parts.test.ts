import { describe, expect, test } from '@jest/globals'
import { injectionLayout } from '../../../lib/adapters/table/ledger.ts'
import { type Layout, PartCodec, partBytes, pieces } from '../../../lib/adapters/table/parts.ts'
import { runLayout } from '../../../lib/adapters/table/runs.ts'
import type { Item } from '../../../lib/adapters/table/table-access.ts'
import { seededRandom } from '../../../lib/domain/random.ts'
import { storedBytes } from '../../../lib/domain/record-size.ts'
import { type Run, untouchedStep } from '../../../lib/domain/run.ts'
import { mostTargets } from '../../../lib/domain/suite.ts'
import { parseSuite } from '../../../lib/suite/parse.ts'
import { largeInjection } from '../../contracts/large-records.ts'
import { endedRun, event, nine, requestedRun } from '../../contracts/records.ts'

const key = { pk: 'RUN#r1', sk: 'RUN' }
const saveId = '0123456789abcdef'
/** Of a part: its text, and its key, in which a field's name and an index stand. */
const mostPartBytes = partBytes + 512
/** Of a head, whatever the record holds: 40 fields and 100 elements at their limits or as references, in characters of three bytes. */
const mostHeadBytes = 32 * 1024

const split = (layout: Layout, record: object & { readonly version: number }) => {
  const { ahead, ...head } = new PartCodec(layout).split(key, record, saveId)
  const item = { ...key, version: record.version, saveId, ...head }
  return { ahead, item, texts: new Map(ahead.map(({ sk, text }) => [sk, String(text)])) }
}

function checkBounds({ item, ahead }: { readonly item: Item; readonly ahead: readonly Item[] }, headBytes = mostHeadBytes): void {
  expect(storedBytes(item)).toBeLessThanOrEqual(headBytes)
  for (const part of ahead) expect(storedBytes(part)).toBeLessThanOrEqual(mostPartBytes)
}

const texts = ['a', 'é', '漢', '🔥', '\ud800', '\u0000', '"', '\\', '\n', '#']

/** Any value that JSON can say, of sizes from nothing to some hundred KB. */
function anyValue(random: () => number, depth = 0): unknown {
  const most = 10 ** Math.floor(random() * (depth === 0 ? 6 : 3))
  const length = Math.floor(random() * most)
  const kind = Math.floor(random() * (depth < 3 ? 6 : 4))
  if (kind === 0) return (texts[Math.floor(random() * texts.length)] ?? '').repeat(length)
  if (kind === 1) return random() < 0.5 ? Math.round(random() * 1e15) : random()
  if (kind === 2) return random() < 0.5 ? null : random() < 0.5
  if (kind === 3) return Array.from({ length: Math.min(length, 5_000) }, () => (texts[Math.floor(random() * texts.length)] ?? '').repeat(9))
  const elements = Array.from({ length: Math.min(length, 8) }, () => anyValue(random, depth + 1))
  return kind === 4 ? elements : Object.fromEntries(elements.map((element, n) => [`field ${n}`, element]))
}

function anyRecord(random: () => number) {
  const fields = Array.from({ length: 30 }, (_, n) => [`field${n}`, anyValue(random)])
  const lists = ['evidence', 'steps'].map((name) => [
    name,
    Array.from({ length: Math.floor(random() * 100) }, () => ({ of: anyValue(random, 1) })),
  ])
  return { ...Object.fromEntries([...fields, ...lists]), version: 1 + Math.floor(random() * 9) } as { readonly version: number }
}

describe('a record of any content and size', () => {
  test.each([
    ['an entry of the ledger', injectionLayout],
    ['a run', runLayout],
  ])('%s: no item is larger than its bound, what is put together is what was taken apart, and a part that lacks is known', (_, layout) => {
    const random = seededRandom(7)
    for (let n = 0; n < 60; n++) {
      const record = anyRecord(random)
      const { item, ahead, texts } = split(layout, record)
      checkBounds({ item, ahead })
      expect(new PartCodec(layout).join(item, texts)).toEqual({ record, lacks: [] })
      const lost = ahead[Math.floor(random() * ahead.length)]
      if (lost === undefined) continue
      const without = new Map([...texts].filter(([sk]) => sk !== lost.sk))
      expect(new PartCodec(layout).join(item, without).lacks).toHaveLength(1)
    }
  })

  test('is cut between characters, at most 128 KB of UTF-8 each', () => {
    for (const text of ['a'.repeat(partBytes), '🔥'.repeat(partBytes), `a${'漢'.repeat(partBytes)}`, `ab${'é'.repeat(partBytes)}`]) {
      const found = pieces(text)
      expect(found.join('')).toBe(text)
      expect(Math.max(...found.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(partBytes)
    }
  })
})

describe('the largest suite: 100 steps of 10,000 targets', () => {
  const experiments = Array.from({ length: 100 }, (_, n) => ({
    name: `${n} ${'n'.repeat(96)}`,
    description: 'd'.repeat(2_000),
    hypothesis: 'é'.repeat(2_000),
    type: 'node_failure',
    params: { failure_type: 'pod-delete' },
    targets: { count: mostTargets },
    duration: 3_600,
  }))
  const parsed = parseSuite(JSON.stringify({ name: 'S', experiments }), 'f')
  const suite = parsed.ok ? parsed.suite : requestedRun('r1').suite

  /** At its end, with all that its steps can have collected. */
  function largestRun(): Run {
    const reasons = Array.from({ length: 200 }, () => ({ code: 'no_effect' as const, detail: 'x'.repeat(3_000) }))
    const changes = Array.from({ length: 30 }, (_, n) => ({ at: nine, target: `p-${n}`, code: 'joined', message: 'x'.repeat(3_000) }))
    const owners = Array.from({ length: mostTargets }, (_, n) => ({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `db-${n}`,
      uid: `u-${n}`,
      ready: 1,
    }))
    const steps = suite.steps.map(({ name }) => ({ ...untouchedStep, name, verdict: 'failed' as const, reasons, changes }))
    const events = Array.from({ length: 1_000 }, (_, n) => event(900, n, 'x'.repeat(1_000)))
    const refusals = Array.from({ length: 500 }, () => ({ code: 'busy' as const, step: 0, message: 'x'.repeat(1_000) }))
    return { ...endedRun(requestedRun('r1', { suite, steps, events, baseline: { ready: 1, total: 1, owners } })), refusals }
  }

  test('is one that validate lets pass', () => {
    expect(parsed.ok).toBe(true)
    expect(suite.steps).toHaveLength(100)
  })

  test('has a run whose own record stays below 4 KB, and each of its parts below its bound', () => {
    const { item, ahead, texts } = split(runLayout, largestRun())
    checkBounds({ item, ahead }, 4 * 1024)
    expect(new PartCodec(runLayout).join(item, texts).record).toEqual(largestRun())
  })

  test('has entries whose heads stay below 2 KB, and each of their parts below its bound', () => {
    const { item, ahead } = split(injectionLayout, largeInjection(mostTargets, ['before', 'during', 'end', 'after']))
    checkBounds({ item, ahead }, 2 * 1024)
  })
})

describe('what did not change', () => {
  const layout: Layout = { inline: 10 }
  const head = { pk: 'p', sk: 's' }
  const large = { text: 'x'.repeat(100) }
  const first = { version: 1, large }

  test('is not written again by the version that follows, and is by any later one', () => {
    const codec = new PartCodec(layout)
    const { parts } = codec.split(head, first, saveId)
    codec.stored(head, first, parts)
    expect(codec.split(head, { version: 2, large }, 'another').ahead).toEqual([])
    expect(codec.split(head, { version: 3, large }, 'another').ahead).toHaveLength(1)
  })

  test('is written for each record of its own', () => {
    const codec = new PartCodec(layout)
    codec.stored(head, first, codec.split(head, first, saveId).parts)
    expect(codec.split({ pk: 'p', sk: 't' }, { version: 2, large }, 'another').ahead).toHaveLength(1)
  })

  test('is written again where it was never known to be stored', () => {
    const codec = new PartCodec(layout)
    codec.split(head, first, saveId)
    expect(codec.split(head, { version: 2, large }, 'another').ahead).toHaveLength(1)
  })
})
