import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let first: string

beforeAll(async () => {
  place = await openPlace()
  const suite = await place.file('suite.json', partitionSuite(1))
  const { out } = await faultline(['run', suite, ...place.flags, '--seed', '7', '--json'])
  first = JSON.parse(out).run
})

afterAll(() => place.close())

describe('replay', () => {
  it('repeats the suite with its seed on the cluster of the run, hits the same pod, and finds nothing different', async () => {
    const { code, out } = await place.faultline('replay', first)
    expect(code).toBe(0)
    expect(out).toContain(`again: run ${first} (succeeded), seed 7`)
    expect(out).toMatch(/^SUCCEEDED \(simulated\)/m)
    expect(out.trimEnd().split('\n').at(-1)).toBe('nothing is different from before')
  })

  it('says what is different: the pods there are now, and whom it hits', async () => {
    const pods = () => place.sandbox.objects().filter(({ kind }) => kind === 'Pod')
    const before = pods()
    for (const { metadata } of before) place.sandbox.delete('pods', { name: metadata.name, namespace: metadata.namespace ?? '' })
    while (pods().some(({ metadata }) => before.some((old) => old.metadata.uid === metadata.uid)))
      await new Promise((resolve) => setTimeout(resolve, 50))
    await place.sandbox.ready()
    const planned = await place.faultline('replay', first, '--dry-run', '--json')
    expect(JSON.parse(planned.out)).toMatchObject({ verdict: 'ready', seed: 7 })
    const { code, out } = await place.faultline('replay', first, '--json')
    expect(code).toBe(0)
    const { differences, seed } = JSON.parse(out)
    expect(seed).toBe(7)
    expect(differences.map(({ of, what }: { readonly of: string; readonly what: string }) => `${of} ${what}`)).toContain('Cut targets')
  })

  it('of a run that is not there says which there are', async () => {
    const { code, err } = await place.faultline('replay', 'xyz')
    expect(code).toBe(2)
    expect(err).toMatch(/^error: there is no run "xyz"; there are: cut-/)
  })
})

describe('sweep', () => {
  it('says what it found in any namespace and what it removed, and leaves alone what is not ours or not over', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': first, 'faultline.dev/role': 'fuse' }
    const policy = (name: string, of: Readonly<Record<string, string>>) =>
      place.sandbox.create('networkpolicies', {
        metadata: { name, namespace: 'default', labels: of },
        spec: { podSelector: {} },
      })
    policy('left', labels)
    policy('left-inert', { ...labels, 'faultline.dev/role': 'beacon' })
    policy('unknown', { ...labels, 'faultline.dev/run': 'of-another-table' })
    policy('theirs', {})
    const names = ['NetworkPolicy default/left (fuse)', 'NetworkPolicy default/left-inert (beacon)']
    const before = place.footprint()
    const looked = await faultline(['sweep', '--dry-run', ...place.flags])
    expect(looked).toMatchObject({
      code: 0,
      out: `found: ${names[0]}\nfound: ${names[1]}\n2 orphans found on faultline-sandbox (simulated), 0 removed\n`,
    })
    expect(place.footprint()).toEqual(before)
    const swept = await faultline(['sweep', '--json', ...place.flags])
    expect(swept.code).toBe(0)
    expect(JSON.parse(swept.out)).toMatchObject({
      found: names,
      removed: names,
      failed: [],
    })
    expect(place.footprint()).toEqual(before.filter((one) => !/"left(-inert)?"/.test(one)))
  })

  it('exits with 3, and names it, where something cannot be removed', async () => {
    place.sandbox.create('networkpolicies', {
      metadata: {
        name: 'stuck',
        namespace: 'default',
        labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': first, 'faultline.dev/role': 'partition' },
      },
      spec: { podSelector: {} },
    })
    const allow = place.sandbox.forbid({ resource: 'networkpolicies', verb: 'delete' })
    const { code, out } = await faultline(['sweep', ...place.flags])
    allow()
    expect(code).toBe(3)
    expect(out).toMatch(/^not removed: NetworkPolicy default\/stuck \(partition\): /m)
  })
})
