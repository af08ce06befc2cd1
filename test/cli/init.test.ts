import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { loadSuite } from '../../lib/suite/load.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place } from './place.ts'

let place: Place

beforeAll(async () => {
  place = await openPlace()
})

afterAll(() => place.close())

const init = (file: string, ...more: readonly string[]) => faultline(['init', join(place.directory, file), ...place.flags, ...more])
const read = (file: string) => readFileSync(join(place.directory, file), 'utf8')

describe('init', () => {
  it('writes a suite of what is found, which can be planned as it is, and changes nothing in the cluster', async () => {
    const before = place.footprint()
    const { code, out, err } = await init('first.yaml', '--yes')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/wrote .*first\.yaml: Deployment jadevectordb in namespace jadevectordb-system, 2 steps\n/)
    expect(place.footprint()).toEqual(before)
    const loaded = await loadSuite(join(place.directory, 'first.yaml'))
    expect(loaded).toMatchObject({
      ok: true,
      warnings: [],
      suite: { namespace: 'jadevectordb-system', selector: 'app=jadevectordb', steps: [{ name: 'Lose a pod' }, { name: 'Cut a pod off' }] },
    })
    const plan = await faultline(['plan', join(place.directory, 'first.yaml'), ...place.flags])
    expect(plan.out).toContain('Nothing speaks against this run now.')
  })

  it('names the schema only in a file that lies below the same folder as the schema', async () => {
    await init('elsewhere.yaml', '--yes')
    expect(read('elsewhere.yaml')).not.toContain('$schema')
    const below = 'experiments/init-test.yaml'
    expect((await faultline(['init', below, ...place.flags, '--yes'])).code).toBe(0)
    const text = readFileSync(below, 'utf8')
    rmSync(below)
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/)
  })

  it('proposes Services as probes: as comments, where they can be asked from inside the cluster only', async () => {
    await init('services.yaml', '--yes')
    expect(read('services.yaml')).toMatch(/^# {3}url: http:\/\/jadevectordb\.jadevectordb-system\.svc:\d+\/$/m)
  })

  it('writes JSON where the name says so', async () => {
    await init('first.json', '--yes', '-n', 'jadevectordb-system', '--workload', 'jadevectordb')
    expect(JSON.parse(read('first.json'))).toMatchObject({ namespace: 'jadevectordb-system', experiments: [{}, {}] })
    expect(await loadSuite(join(place.directory, 'first.json'))).toMatchObject({ ok: true })
  })

  it('never writes over a file unless it is told to', async () => {
    writeFileSync(join(place.directory, 'mine.yaml'), 'mine')
    expect(await init('mine.yaml', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is there already: --force writes over it'),
    })
    expect(read('mine.yaml')).toBe('mine')
    expect((await init('mine.yaml', '--yes', '--force')).code).toBe(0)
    expect(read('mine.yaml')).toContain('jadevectordb')
  })

  it.each([
    [['none.yaml'], 'no person can be asked here: --yes takes what is proposed'],
    [['none.yaml', '--yes', '--workload', 'jadevectorbd', '-n', 'jadevectordb-system'], 'did you mean `jadevectordb`?'],
    [['none.yaml', '--yes', '-n', 'nowhere'], 'no Deployment or StatefulSet can be seen in namespace nowhere'],
    [['none.txt', '--yes'], "a suite's name ends in .yaml, .yml or .json"],
  ])('%j writes nothing and says why', async ([file = '', ...flags], message) => {
    const { code, err } = await init(file, ...flags)
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(message) })
    expect(existsSync(join(place.directory, file))).toBe(false)
  })

  it('asks a person at a terminal where there is a choice, again after a slip, and takes the proposal for an empty line', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'aaa-shop' } }
    const labels = { app: 'shop' }
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop', namespace: 'aaa-shop' },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a' }] } },
      },
    }
    place.sandbox.create('namespaces', namespace)
    place.sandbox.create('deployments', deployment)
    const ask = (file: string, typed: string) => faultline(['init', join(place.directory, file), ...place.flags], {}, typed, true)
    const slip = await ask('asked.yaml', 'aaa-shp\naaa-shop\n')
    expect(slip.out).toContain('did you mean `aaa-shop`?')
    expect(read('asked.yaml')).toContain('namespace: aaa-shop')
    await ask('proposed.yaml', '\n')
    expect(read('proposed.yaml')).toContain('namespace: ')
    expect(await ask('ended.yaml', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('the input ended') })
    expect(existsSync(join(place.directory, 'ended.yaml'))).toBe(false)
  })
})
