import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import type { CatalogueEntry } from '../../cli/fault-catalogue.ts'
import { faultName, faultNames } from '../../lib/domain/suite.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { faultline } from './fake-terminal.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-schema-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function catalogue(): Promise<readonly CatalogueEntry[]> {
  const { code, out } = await faultline(['faults', '--json'])
  expect(code).toBe(0)
  return (JSON.parse(out) as { readonly faults: readonly CatalogueEntry[] }).faults
}

describe('faults', () => {
  it('lists every fault there is, with what it does and needs', async () => {
    const { code, out } = await faultline(['faults'])
    expect(code).toBe(0)
    expect(out.match(/^[a-z-]+(?= {2})/gm)?.slice(1)).toEqual(faultNames.slice())
    expect(out).toMatch(/^node-drain .* an image with kubectl or curl/m)
  })

  it('gives an example of each that is a step of that fault, without a warning', async () => {
    for (const { name, example } of await catalogue()) {
      const parsed = parseSuite(JSON.stringify({ name: 'S', experiments: [example] }), name)
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
      expect([name, parsed.warnings]).toEqual([name, []])
      expect(parsed.suite.steps.map(({ fault }) => faultName(fault))).toEqual([name])
    }
  })

  it('names all parameters of each, those of another resource not', async () => {
    const keys = Object.fromEntries((await catalogue()).map(({ name, params }) => [name, params.map(({ key }) => key)]))
    expect(keys['disk-exhaustion']).toEqual(expect.arrayContaining(['resource_type', 'intensity', 'container', 'path']))
    expect(keys['memory-exhaustion']).not.toContain('path')
    expect(keys['network-exhaustion']).toEqual(expect.arrayContaining(['mode', 'allowUnused']))
    expect(keys['pod-delete']).toEqual(['failure_type', 'graceSeconds', 'allowBarePods', 'allowNodePods'])
    expect(keys['network-degradation']).toContain('rate')
    expect(keys['dns-failure']).toEqual(['dns_type', 'domains', 'share', 'addresses', 'allowUnused'])
  })

  it('tells of one its parameters, rights and example', async () => {
    const { out } = await faultline(['faults', 'node-drain'])
    expect(out).toMatch(/^allowEmptyDir +true, false +false +/m)
    expect(out).toContain('  get, list, patch nodes cluster-wide\n')
    expect(out).toContain("  create pods/eviction in the workload's namespace\n")
    expect(out).toContain('"failure_type": "node-drain"')
  })

  it('refuses one that is none, with what was probably meant', async () => {
    const { code, err } = await faultline(['faults', 'pod-kil'])
    expect(code).toBe(2)
    expect(err).toContain('pod-kill')
  })
})

describe('schema', () => {
  const published = JSON.parse(readFileSync('experiments/schema.json', 'utf8')) as unknown

  it('prints the published schema, or writes it where it is asked for', async () => {
    expect(JSON.parse((await faultline(['schema'])).out)).toEqual(published)
    const file = join(folder, 'schema.json')
    expect(await faultline(['schema', '-o', file])).toMatchObject({ code: 0, out: expect.stringContaining('"$schema": "./schema.json"') })
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(published)
  })

  it('says when it cannot be written', async () => {
    const { code, err } = await faultline(['schema', '-o', join(folder, 'no', 'schema.json')])
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining('cannot be written') })
  })
})
