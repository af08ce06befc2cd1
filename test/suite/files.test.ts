import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as z from 'zod'
import { faultName } from '../../lib/domain/suite.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { suiteJsonSchema } from '../../lib/suite/json-schema.ts'
import { loadSuite } from '../../lib/suite/load.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const shipped = [
  'experiments/default-test-suite.json',
  'experiments/stress-test-suite.json',
  'experiments/quick-test-suite.json',
  'sandbox/demo-suite.json',
]

async function stepsOf(file: string) {
  const loaded = await loadSuite(join(root, file))
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  expect(loaded.warnings).toEqual([])
  return loaded.suite.steps.map(({ fault, durationMs, intervalMs }) => {
    const kind = fault.type === 'network_partition' ? fault.kind : fault.type === 'resource_exhaustion' ? fault.intensity : ''
    return [faultName(fault), kind, durationMs / 1000, intervalMs / 1000]
  })
}

describe('the shipped suites', () => {
  test('default is what the issue says', async () => {
    expect(await stepsOf('experiments/default-test-suite.json')).toEqual([
      ['memory-exhaustion', 'medium', 60, 30],
      ['network-partition', 'random', 45, 30],
      ['pod-kill', '', 60, 30],
    ])
  })

  test('stress is what the issue says', async () => {
    expect(await stepsOf('experiments/stress-test-suite.json')).toEqual([
      ['memory-exhaustion', 'high', 120, 30],
      ['network-partition', 'all', 90, 30],
      ['pod-delete', '', 120, 30],
      ['cpu-exhaustion', 'high', 120, 30],
      ['disk-exhaustion', 'medium', 90, 30],
    ])
  })

  test('quick is what the issue says', async () => {
    expect(await stepsOf('experiments/quick-test-suite.json')).toEqual([
      ['memory-exhaustion', 'low', 30, 10],
      ['network-partition', 'random', 20, 10],
      ['pod-kill', '', 30, 10],
    ])
  })

  test('the demo has one step of each fault in less than a minute', async () => {
    const loaded = await loadSuite(join(root, 'sandbox/demo-suite.json'))
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    const names = loaded.suite.steps.map((step) => faultName(step.fault))
    expect(new Set(names).size).toBe(11)
    expect(plannedMs(loaded.suite)).toBeLessThan(60_000)
  })
})

describe('the published JSON Schema', () => {
  test('is the one the code has', async () => {
    const stored: unknown = JSON.parse(await readFile(join(root, 'experiments/schema.json'), 'utf8'))
    expect(stored).toEqual(JSON.parse(JSON.stringify(suiteJsonSchema())))
    expect(stored).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      required: ['name', 'experiments'],
      additionalProperties: false,
    })
  })

  test('accepts the shipped suites and refuses slips', async () => {
    const schema = z.fromJSONSchema(JSON.parse(await readFile(join(root, 'experiments/schema.json'), 'utf8')))
    for (const file of shipped) {
      const text = await readFile(join(root, file), 'utf8')
      expect(schema.safeParse(JSON.parse(text)).error).toBeUndefined()
      for (const [from, to] of [
        ['"duration"', '"duraton"'],
        ['"type"', '"typ"'],
        [/"network_partition"/, '"network_degradation"'],
        [/"duration": \d+/, '"duration": 0'],
      ] as const) {
        expect(schema.safeParse(JSON.parse(text.replace(from, to))).success).toBe(false)
      }
    }
  })
})

describe('the published JSON Schema on what is done to a network or a disk', () => {
  const accepts = async (type: string, params: object) => {
    const schema = z.fromJSONSchema(JSON.parse(await readFile(join(root, 'experiments/schema.json'), 'utf8')))
    return schema.safeParse({ name: 'S', experiments: [{ name: 'A', type, params, duration: 10 }] }).success
  }
  const loss = { degradation_type: 'loss' }
  const disk = { resource_type: 'disk', intensity: 'low' }

  test.each([
    ['network_degradation', { ...loss, loss: 0.5, latency: 10, jitter: 5, rate: 64, ports: [1], cidrs: ['fd00::/8'], peersOnly: false }],
    ['network_partition', { partition_type: 'random', scope: 'split', direction: 'in', ports: [65_535], keepProbes: false }],
    ['node_failure', { failure_type: 'pod-kill', repeatEvery: 2 }],
    ['dns_failure', { dns_type: 'wrong', domains: ['*.s3.amazonaws.com', 'db', 'a.b.'], share: 0.5, addresses: ['10.0.0.1', 'fd00::1'] }],
    ['resource_exhaustion', { ...disk, path: '/process/a b' }],
  ])('accepts %s %j', async (type, params) => {
    expect(await accepts(type, params)).toBe(true)
  })

  test.each([
    ['network_degradation', { ...loss, loss: 101 }],
    ['dns_failure', { dns_type: 'nxdomain', domains: ['$(x)'] }],
    ['dns_failure', { dns_type: 'nxdomain', share: 0 }],
    ['network_degradation', { ...loss, rate: 0 }],
    ['network_degradation', { ...loss, cidrs: ['example.org'] }],
    ['network_degradation', { ...loss, scope: 'peers' }],
    ['network_partition', { partition_type: 'random', ports: [0] }],
    ['node_failure', { failure_type: 'pod-kill', repeatEvery: 0.5 }],
    ['node_failure', { failure_type: 'crashloop', repeatEvery: 5 }],
    ['resource_exhaustion', { ...disk, path: 'tmp' }],
    ['resource_exhaustion', { ...disk, path: '/proc/1' }],
  ])('refuses %s %j', async (type, params) => {
    expect(await accepts(type, params)).toBe(false)
  })
})

describe('a file', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'faultline-suite-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  const messages = async (file: string) => {
    const loaded = await loadSuite(file)
    return loaded.ok ? [] : loaded.problems.map((problem) => `${problem.file === file}:${problem.line} ${problem.message}`)
  }

  test('that is missing is a problem', async () => {
    expect(await messages(join(folder, 'none.json'))).toEqual(['true:0 there is no such file'])
  })

  test('below something that is no directory is a problem', async () => {
    await writeFile(join(folder, 'a.json'), '{}')
    expect(await messages(join(folder, 'a.json/b.json'))).toEqual(['true:0 there is no such file: a part of the path is not a directory'])
  })

  test('that is a directory is a problem', async () => {
    await mkdir(join(folder, 'sub.json'))
    expect(await messages(join(folder, 'sub.json'))).toEqual([expect.stringContaining('this is a directory')])
  })

  test('with a name that no file can have is a problem', async () => {
    expect(await messages('a\u0000b')).toEqual([expect.stringContaining('cannot be read')])
  })

  test('of more than 1 MiB is a problem', async () => {
    await writeFile(join(folder, 'large.json'), ' '.repeat(1_048_577))
    expect(await messages(join(folder, 'large.json'))).toEqual([expect.stringContaining('too large')])
  })

  test('in UTF-16 is a problem', async () => {
    await writeFile(join(folder, 'utf16.json'), Buffer.from('\ufeff{"name":"S"}', 'utf16le'))
    expect(await messages(join(folder, 'utf16.json'))).toEqual(['true:0 not UTF-8 text: save it as UTF-8'])
  })

  test('with a byte order mark is told so, and about the rest', async () => {
    await writeFile(join(folder, 'bom.json'), '\ufeff{"name": 1}')
    expect(await messages(join(folder, 'bom.json'))).toEqual([
      expect.stringContaining('true:1 the file starts with a byte order mark'),
      'true:1 missing; expected a list',
      'true:1 found the number `1`; expected a string',
    ])
  })
})
