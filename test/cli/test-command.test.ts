import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DOMParser } from '@xmldom/xmldom'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

let place: Place

beforeAll(async () => {
  place = await openPlace()
})

afterAll(() => place.close())

/** Name, and what went wrong, of each case of a JUnit file. */
function casesOf(file: string): readonly (readonly string[])[] {
  const xml = new DOMParser().parseFromString(readFileSync(file, 'utf8'), 'application/xml')
  return [...xml.getElementsByTagName('testcase')].map((one) => [
    one.getAttribute('name') ?? '',
    ['failure', 'error', 'skipped'].find((sign) => one.getElementsByTagName(sign).length > 0) ?? 'passed',
  ])
}

const denyInjectors = () =>
  place.sandbox.deny({ resource: 'jobs', namespace: 'faultline-injectors', message: 'exceeded quota: no-injectors' })

describe('test', () => {
  it.each([
    [['test'], "error: missing required argument 'family'"],
    [
      ['test', 'netwrk'],
      "value 'netwrk' is invalid for argument 'family'. Allowed choices are network, node, resource, degradation, dns, http, automated, all.",
    ],
    [
      ['test', 'all', '--duration', '90'],
      'error: --duration 90: shared out over 26 tests, that is less than 5 s for each, which shows nothing; at least 130',
    ],
    [['test', 'network', '--report', 'a.journal.json'], 'a journal holds one experiment'],
    [['test', 'network', '--selector', 'a=b,,'], 'error: --selector a=b,,: '],
  ])('%j is refused before anything is opened', async (args, message) => {
    const { code, out, err } = await faultline([...args, '--state', 'package.json/state'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it('of what the cluster refuses skips it with the reason, passes nothing, and leaves nothing', async () => {
    const before = place.footprint()
    const allow = denyInjectors()
    const file = join(place.directory, 'skipped.xml')
    const { code, out } = await faultline(['test', 'resource', '--duration', '20', '--pause', '0', '--report', file, ...place.flags])
    allow()
    expect(code).toBe(1)
    expect(out).toMatch(/^resource {2}resource-exhaustion memory {3}skipped/m)
    expect(out).toMatch(/^- resource-exhaustion disk \(skipped\): .*exceeded quota: no-injectors/m)
    expect(out).toMatch(/^SKIPPED {2}0 of 4 tests passed, 4 skipped, which is no pass \(.*\) \(simulated\)$/m)
    expect(casesOf(file)).toEqual(['memory', 'cpu', 'disk', 'network'].map((kind) => [`resource-exhaustion ${kind}`, 'skipped']))
    expect(place.footprint()).toEqual(before)
  })

  it('is one table, one verdict and one report in every format; in CI a skip fails it, unless skips are allowed', async () => {
    const before = place.footprint()
    const allow = denyInjectors()
    const files = ['xml', 'html', 'txt', 'md', 'json'].map((end) => join(place.directory, `node.${end}`))
    const args = ['test', 'node', '--duration', '20', '--pause', '0', '--seed', '5', ...place.flags]
    const strict = await faultline([...args, '--json', ...files.flatMap((file) => ['--report', file])], { CI: 'true' })
    const lenient = await faultline([...args, '--allow-skips'], { CI: 'true' })
    allow()
    expect([strict.code, lenient.code]).toEqual([1, 0])
    const document = JSON.parse(strict.out)
    expect(document).toMatchObject({
      verdict: 'failed',
      families: [{ family: 'node', tests: 4, passed: 1, skipped: 3, failed: 0 }],
      tests: [
        { name: 'node-failure pod-delete', verdict: 'passed' },
        { verdict: 'skipped' },
        { verdict: 'skipped' },
        { verdict: 'skipped' },
      ],
      exitCode: 1,
    })
    expect(lenient.out).toMatch(/^SUCCEEDED {2}1 of 4 tests passed, 3 skipped, which is no pass/m)
    expect(lenient.out.match(/^family /gm)).toHaveLength(2)
    const [xml = '', html = '', text = '', markdown = '', json = ''] = files
    expect(casesOf(xml)).toEqual([
      ['node-failure pod-delete', 'passed'],
      ['node-failure pod-kill', 'skipped'],
      ['node-failure crashloop', 'skipped'],
      ['node-failure pod-pause', 'skipped'],
    ])
    const read = (file: string) => readFileSync(file, 'utf8')
    expect(read(html)).toContain('<title>Tests (node): failed (Faultline)</title>')
    expect(read(text)).toMatch(
      /^Faultline tests \(node\): FAILED, 1 of 4 tests passed, .* in CI a skipped test fails, unless --allow-skips/,
    )
    expect(read(text).match(/^Faultline run /gm)).toHaveLength(4)
    expect(read(markdown)).toContain('| node | node-failure crashloop | skipped |')
    expect(JSON.parse(read(json)).runs).toHaveLength(4)
    expect(place.footprint().length).toBe(before.length)
  })

  it('skips what no node here can do, seen only when it is tried', async () => {
    const args = ['test', 'degradation', '--duration', '30', '--pause', '0', '--json', ...place.flags]
    const { code, out } = await faultline(args)
    expect(code).toBe(0)
    const { tests } = JSON.parse(out) as {
      tests: readonly { readonly name: string; readonly verdict: string; readonly reasons: readonly string[] }[]
    }
    expect(tests.map(({ name, verdict }) => `${name.split(' ')[1]} ${verdict}`)).toEqual([
      ...['latency', 'jitter'].map((kind) => `${kind} passed`),
      ...['loss', 'corruption', 'duplication', 'rate'].map((kind) => `${kind} skipped`),
    ])
    expect(tests[2]?.reasons.join()).toContain('of a degraded network only latency is simulated')
  })

  it('ends with the run that is aborted: no later one begins', async () => {
    const run = place.spawn('test', 'network', '--duration', '180', ...place.flags)
    const id = await place.untilRunIs('holding')
    await place.faultline('abort', id, '--why', 'enough')
    const { code, out } = await run.end()
    expect(code).toBe(1)
    expect(out).toMatch(/^network {2}network-partition specific {2}not run/m)
    expect(out).toMatch(/^ABORTED {2}0 of 3 tests passed, 2 not run/m)
    expect((await place.faultline('runs', '--json', '--suite', 'network-partition all')).out).toContain('"runs":[]')
  })

  it('is refused, and tries no other, where everything is halted', async () => {
    await place.faultline('halt')
    const { code, out } = await faultline(['test', 'network', '--duration', '15', ...place.flags, '--json'])
    await place.faultline('resume')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      verdict: 'refused',
      tests: [{ verdict: 'refused' }, { verdict: 'not_run' }, { verdict: 'not_run' }],
    })
  })
})
