import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { degradationParams, dnsParams, failureParams, httpParams, partitionParams, resourceParams } from '../../lib/suite/params-schema.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

let directory: string

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'faultline-inject-'))
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** What `--save` writes; no cluster is needed for it. */
async function saved(args: readonly string[]): Promise<Record<string, unknown>> {
  const file = join(directory, 'saved.json')
  const place = ['--kubeconfig', join(directory, 'none'), '--state', join(directory, 'state')]
  const { err } = await faultline(['inject', ...args, '--save', file, '--dry-run', ...place])
  expect(err).toContain(join(directory, 'none'))
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}

const step = [
  ...['--name', 'One', '--description', 'for people', '--hypothesis', 'no user notices', '--duration', '60', '--interval', '5'],
  ...['--targets', 'db-0,db-1', '--owner', 'statefulset/db', '--zone', 'eu-1a', '--node', 'n1', '--count', '1'],
  ...['--node-selector', 'pool=spot'],
]
const stepKeys = {
  name: 'One',
  description: 'for people',
  hypothesis: 'no user notices',
  duration: 60,
  interval: 5,
  targets: { names: 'db-0,db-1', owner: 'statefulset/db', zone: 'eu-1a', node: 'n1', nodeSelector: 'pool=spot', count: 1 },
}
const partitionFlags = [
  ...['--mechanism', 'netfilter', '--scope', 'peers', '--direction', 'in', '--ports', '80,443', '--cidrs', '10.0.0.0/8,192.0.2.7'],
  ...['--no-keep-probes', '--allow-unused', '--against', 'role=replica'],
]
const partitionKeys = {
  mechanism: 'netfilter',
  scope: 'peers',
  direction: 'in',
  ports: [80, 443],
  cidrs: ['10.0.0.0/8', '192.0.2.7'],
  keepProbes: false,
  allowUnused: true,
  against: 'role=replica',
}
const amounts = [
  ...['--latency', '250', '--jitter', '50', '--loss', '0.5', '--corruption', '1', '--duplication', '2', '--rate', '2000'],
  ...['--ports', '5432', '--cidrs', '10.0.0.0/8', '--peers-only'],
]
const amountKeys = {
  ...{ latency: 250, jitter: 50, loss: 0.5, corruption: 1, duplication: 2, rate: 2000 },
  ...{ ports: [5432], cidrs: ['10.0.0.0/8'], peersOnly: true },
}
const kill = ['--signal', 'KILL', '--grace-seconds', '3', '--repeat-every', '10', '--container', 'db']

const names = ['--domains', 'db,*.s3.amazonaws.com', '--share', '25', '--allow-unused']
const nameKeys = { domains: ['db', '*.s3.amazonaws.com'], share: 25, allowUnused: true }

const matched = ['--direction', 'out', '--ports', '8080,9090', '--methods', 'GET,PUT', '--path', '/api/*', '--headers', 'x-user=test-*']
const requests = [...matched, '--share', '25', '--no-keep-probes', '--allow-unused']
const requestKeys = {
  direction: 'out',
  ports: [8080, 9090],
  methods: ['GET', 'PUT'],
  path: '/api/*',
  headers: ['x-user=test-*'],
  share: 25,
  keepProbes: false,
  allowUnused: true,
}

const use = ['--intensity', 'high', '--container', 'db']
const useKeys = { intensity: 'high', container: 'db' }

/** Every kind with every flag that it has: fault, kind, flags, and `params` beside the kind. */
const rows: readonly (readonly [string, string, readonly string[], Readonly<Record<string, unknown>>])[] = [
  ...['random', 'specific', 'all'].map((kind) => ['network-partition', kind, partitionFlags, partitionKeys] as const),
  ['network-partition', 'all', ['--mechanism', 'policy', '--cover-new'], { mechanism: 'policy', coverNew: true }],
  ['node-failure', 'pod-delete', ['--grace-seconds', '0', '--allow-bare-pods'], { graceSeconds: 0, allowBarePods: true }],
  ['node-failure', 'pod-kill', kill, { signal: 'KILL', graceSeconds: 3, repeatEvery: 10, container: 'db' }],
  ['node-failure', 'crashloop', ['--container', 'db', '--allow-node-pods'], { container: 'db', allowNodePods: true }],
  ['node-failure', 'pod-pause', ['--every', '20', '--for', '5', '--container', 'db'], { every: 20, for: 5, container: 'db' }],
  ['node-failure', 'node-drain', ['--allow-bare-pods', '--allow-empty-dir'], { allowBarePods: true, allowEmptyDir: true }],
  ...['cpu', 'memory'].map((kind) => ['resource-exhaustion', kind, use, useKeys] as const),
  ['resource-exhaustion', 'disk', [...use, '--path', '/data'], { ...useKeys, path: '/data' }],
  ['resource-exhaustion', 'network', [...use, '--mode', 'load', '--allow-unused'], { ...useKeys, mode: 'load', allowUnused: true }],
  ['resource-exhaustion', 'memory', ['--amount', '512 MiB'], { amount: '512 MiB' }],
  ['resource-exhaustion', 'cpu', ['--amount', '1.5 cores', '--container', 'db'], { amount: '1.5 cores', container: 'db' }],
  // Neither kind has both.
  ['resource-exhaustion', 'cpu', [...use, '--path', '/data', '--mode', 'load'], { ...useKeys, path: '/data', mode: 'load' }],
  ...['latency', 'jitter', 'loss', 'corruption', 'duplication', 'rate'].map(
    (kind) => ['network-degradation', kind, amounts, amountKeys] as const,
  ),
  ...['nxdomain', 'servfail', 'timeout'].map((kind) => ['dns-failure', kind, names, nameKeys] as const),
  ['dns-failure', 'wrong', [...names, '--addresses', '10.0.0.7,fd00::7'], { ...nameKeys, addresses: ['10.0.0.7', 'fd00::7'] }],
  ['http-fault', 'abort', [...requests, '--status', '429'], { ...requestKeys, status: 429 }],
  ['http-fault', 'abort', [...requests, '--reset'], { ...requestKeys, reset: true }],
  ['http-fault', 'delay', [...requests, '--delay', '300'], { ...requestKeys, delay: 300 }],
]

const kindKeys: Readonly<Record<string, string>> = {
  'network-partition': 'partition_type',
  'node-failure': 'failure_type',
  'resource-exhaustion': 'resource_type',
  'network-degradation': 'degradation_type',
  'dns-failure': 'dns_type',
  'http-fault': 'http_type',
}

describe('the flags of one fault', () => {
  it.each(rows)('%s %s make the suite that a file would be', async (fault, kind, flags, params) => {
    const type = fault.replace('-', '_')
    const file = {
      name: 'One',
      namespace: 'shop',
      selector: 'app=db',
      gracePeriod: 0,
      experiments: [{ ...stepKeys, type, params: { [kindKeys[fault] ?? '']: kind, ...params } }],
    }
    const parsed = parseSuite(JSON.stringify(file), 'the command line')
    const args = [fault, kind, ...flags, ...step, '-n', 'shop', '--selector', 'app=db']
    if (parsed.ok) {
      expect(parseSuite(JSON.stringify(await saved(args)), 'the command line')).toEqual(parsed)
      return
    }
    // Flags that this kind may not have: the same words as for a file, and the flag is named.
    const { code, err } = await faultline(['inject', ...args, '--dry-run'])
    expect(code).toBe(2)
    for (const { message } of parsed.problems) expect(err).toContain(message)
    expect(err).toMatch(/^the command line: --/m)
  })

  it('are there for every parameter that a suite may have', () => {
    const tried = new Set(rows.flatMap(([, , , params]) => Object.keys(params)))
    const shapes = [
      partitionParams.shape,
      resourceParams.shape,
      degradationParams.shape,
      dnsParams.shape,
      httpParams.shape,
      ...failureParams.options.map((o) => o.shape),
    ]
    const known = new Set(shapes.flatMap((shape) => Object.keys(shape)).filter((key) => key !== 'targets' && !key.includes('_type')))
    expect([...tried].sort()).toEqual([...known].sort())
  })

  it('leave to the defaults what no flag said, and make no grace', async () => {
    expect(await saved(['network-partition', 'random', '--duration', '60'])).toEqual({
      name: 'network-partition random',
      gracePeriod: 0,
      experiments: [{ name: 'network-partition random', type: 'network_partition', params: { partition_type: 'random' }, duration: 60 }],
    })
  })

  it.each([
    [['network-partition', 'random'], 'the command line: --duration: '],
    [['network-partition', 'randm', '--duration', '5'], 'did you mean `random`'],
    [['network-partition', 'random', '--duration', 'x'], 'the command line: --duration: '],
    [['network-degradation', 'latency', '--duration', '5', '--latency', '90000'], 'the command line: --latency: '],
    [['node-failure', 'crashloop', '--duration', '5', '--signal', 'KILL'], '`signal` belongs to failure_type pod-kill, not here'],
    [['node-failure', 'pod-delete', '--duration', '5', '--intensity', 'low'], "error: unknown option '--intensity'"],
    [['network-partition', 'random', '--duration', '5', '--count', '2', '--percent', '3'], '--'],
    [['nothing', 'random'], "error: unknown command 'nothing'"],
  ])('%j are refused by name, and nothing is saved', async (args, message) => {
    const { code, err } = await faultline(['inject', ...args, '--save', join(directory, 'refused.json')])
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(() => readFileSync(join(directory, 'refused.json'))).toThrow('ENOENT')
  })
})

describe('an injection', () => {
  let place: Place

  beforeAll(async () => {
    place = await openPlace()
  })

  afterAll(() => place.close())

  it('is planned with --dry-run, and otherwise a run like any other', async () => {
    const args = ['inject', 'network-partition', 'random', '--duration', '1', '--mechanism', 'policy', ...place.flags, '--seed', '5']
    const before = place.footprint()
    const planned = await faultline([...args, '--dry-run'])
    expect(planned).toMatchObject({ code: 0, err: '' })
    expect(planned.out).toContain('Plan of network-partition random (the command line)')
    expect(place.footprint()).toEqual(before)
    const { code, out } = await faultline([...args, '--json', '--report', join(place.directory, 'one.xml')])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'succeeded', steps: [{ fault: 'network-partition', plannedMs: 1000 }] })
    expect(readFileSync(join(place.directory, 'one.xml'), 'utf8')).toContain('<testcase name="network-partition random"')
    expect(place.footprint()).toEqual(before)
  })
})
