import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Clusters } from '../../cli/clusters.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let suite: string
const demo = 'sandbox/demo-suite.json'

beforeAll(async () => {
  place = await openPlace()
  suite = await place.file('suite.json', partitionSuite(1))
})

afterAll(() => place.close())

describe('plan', () => {
  it('says what would be done to whom and changes nothing', async () => {
    const before = place.footprint()
    const { code, out, err } = await faultline(['plan', demo, ...place.flags, '--seed', '5'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(place.footprint()).toEqual(before)
    const pods = place.sandbox.objects().filter((o) => o.kind === 'Pod')
    const [, name, uid] = /^ {3}target {4}Pod jadevectordb-system\/(\S+) on sandbox-node-\d \(UID\s+(\S+)\)/m.exec(out) ?? []
    expect(pods.find((pod) => pod.metadata.name === name)?.metadata.uid).toBe(uid)
    expect(out).toMatch(/^ {3}makes {5}Job faultline-injectors\/faultline-RUN-2-xxxxx-n0 \(injector, privileged, on\s+sandbox-node-\d\)/m)
    expect(out).toContain('   makes     cordon of sandbox-node-')
    expect(out).toMatch(/^Total: about \d+ s/m)
    expect(out.trimEnd()).toMatch(/Nothing speaks against this run now\.$/)
  })

  it('chooses the same targets for the same seed', async () => {
    const [one, two, other] = await Promise.all(
      ['5', '5', '6'].map((seed) => faultline(['plan', demo, ...place.flags, '--json', '--seed', seed])),
    )
    const targets = (answer: { readonly out: string } | undefined) =>
      (JSON.parse(answer?.out ?? '') as { readonly steps: readonly { readonly targets: readonly object[] }[] }).steps.map(
        (step) => step.targets,
      )
    expect(targets(one)).toEqual(targets(two))
    expect(targets(one)).not.toEqual(targets(other))
  })

  it('gives every reason against a run and exits with 2', async () => {
    const { code, out } = await faultline(['plan', demo, ...place.flags, '-n', 'nowhere'])
    expect(code).toBe(2)
    expect(out).toContain('refused (namespace): namespace nowhere does not exist')
    expect(out).toContain('refused (unsteady): the steady state is unknown before the start: probe jadevectordb-ready-pods')
    expect(out).toContain('REFUSED: a run would not start (2 reasons).')
  })

  it("takes the selector of the flag instead of the suite's", async () => {
    const { code, out } = await faultline(['plan', suite, ...place.flags, '--selector', 'app=none', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'refused', refusals: [{ code: 'no_targets', step: 0 }] })
  })
})

describe('halt and resume', () => {
  it('let no run start in between, and say by whom and why', async () => {
    const halted = await place.faultline('halt', '--why', 'incident 7')
    expect(halted).toMatchObject({ code: 0, err: '' })
    expect(halted.out).toMatch(/^everything in .* is halted by .*: 0 live runs revert now, and none starts$/m)
    const refused = await faultline(['run', suite, ...place.flags, '--json'])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.out).refusals).toMatchObject([{ code: 'halted', message: expect.stringMatching(/: incident 7$/) }])
    expect(JSON.parse((await place.faultline('resume', '--json')).out)).toMatchObject({ halted: false, lifted: { why: 'incident 7' } })
    expect((await place.faultline('resume')).out).toBe('nothing was halted; runs may start, what was halted is not started anew\n')
    expect((await faultline(['plan', suite, ...place.flags])).code).toBe(0)
  })
})

describe('pause and unpause', () => {
  it('let no run of that suite start in between, and others of the same directory do', async () => {
    const paused = await place.faultline('pause', suite, '--why', 'release week')
    expect(paused).toMatchObject({ code: 0, err: '' })
    expect(paused.out).toMatch(/^suite "Cut" in .* is paused by .*: no run of it starts until "faultline unpause"; a live one goes on$/m)
    const refused = await faultline(['run', suite, ...place.flags, '--json'])
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.out).refusals).toMatchObject([{ code: 'paused', message: expect.stringMatching(/: release week$/) }])
    const other = await place.file('other.json', { ...partitionSuite(1), name: 'Other' })
    expect((await faultline(['plan', other, ...place.flags])).code).toBe(0)
    expect(JSON.parse((await place.faultline('unpause', suite, '--json')).out)).toMatchObject({
      suite: 'Cut',
      paused: false,
      lifted: { why: 'release week' },
    })
    expect((await place.faultline('unpause', suite)).out).toBe('suite "Cut" was not paused; its runs may start\n')
    expect((await faultline(['plan', suite, ...place.flags])).code).toBe(0)
  })

  it('refuse a suite that is none, by what is wrong with it', async () => {
    expect(await place.faultline('pause', 'none.json')).toMatchObject({ code: 2, out: '' })
  })
})

describe('a suite from standard input', () => {
  it('is checked and planned as one of a file', async () => {
    const text = JSON.stringify(partitionSuite(1))
    expect(await faultline(['validate', '-'], {}, text)).toMatchObject({ code: 0, out: 'OK  -: "Cut", 1 step, about 1 s\n' })
    expect(await faultline(['plan', '-', ...place.flags], {}, text)).toMatchObject({ code: 0, err: '' })
    const bad = await faultline(['validate', '-'], {}, '{')
    expect(bad.code).toBe(2)
    expect(bad.err).toContain('stdin:1:')
  })
})

describe('credentials that are given now', () => {
  const clustersOf = (flags: { readonly kubeconfig?: string }) =>
    new Clusters({ flags, stateDir: place.state, env: {}, isLive: false, clock: systemClock, say: () => undefined })
  const stored = { kind: 'kubeconfig', path: '/nonexistent/expired', context: 'old' } as const

  it('come before those that the run was started with, when they lead to the same cluster', async () => {
    const uid = place.sandbox.get('namespaces', 'kube-system')?.metadata.uid ?? ''
    const ref = { uid, name: 'staging', via: stored, simulated: false }
    const now = clustersOf({ kubeconfig: place.kubeconfig })
    const cluster = await now.connect(ref)
    expect((await cluster.objects.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' }))?.metadata.uid).toBe(uid)
    await expect(now.connect({ ...ref, uid: 'another' })).rejects.toThrow('/nonexistent/expired')
    await expect(clustersOf({}).connect(ref)).rejects.toThrow('/nonexistent/expired')
    await now.close({ keepEmbedded: false })
  })

  it.each([['reap'], ['abort'], ['resolve']])('are flags of %s', async (command) => {
    const { out } = await faultline([command, '--help'])
    expect(out).toContain('--kubeconfig <file>')
    expect(out).toContain('--context <name>')
  })
})

describe('run', () => {
  it('ends in one line of JSON, leaves nothing behind and writes its reports', async () => {
    const before = place.footprint()
    const extra = join(place.directory, 'extra', 'report.json')
    const { code, out, err } = await faultline(['run', suite, ...place.flags, '--json', '--seed', '11', '--report', extra])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.trimEnd().split('\n').length).toBe(1)
    const result = JSON.parse(out)
    expect(result).toMatchObject({
      verdict: 'succeeded',
      orphans: 0,
      seed: 11,
      exitCode: 0,
      cluster: { name: 'faultline-sandbox', simulated: true },
    })
    expect(result.steps[0]).toMatchObject({ name: 'Cut', fault: 'network-partition', verdict: 'succeeded', targets: [{ kind: 'Pod' }] })
    expect(result.steps[0].evidence.map((e: { readonly phase: string }) => e.phase)).toEqual(['before', 'during', 'end', 'after'])
    expect(place.footprint()).toEqual(before)
    for (const file of [extra, join(place.state, 'reports', `${result.run}.json`)]) {
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ schemaVersion: 1, run: result.run, verdict: 'succeeded' })
    }
    expect(readFileSync(join(place.state, 'reports', `${result.run}.txt`), 'utf8')).toContain(`Faultline run ${result.run}: SUCCEEDED`)
  })

  it('tells a pipe each event in a line with its time, the verdict, and where the reports are', async () => {
    const { code, out } = await faultline(['run', suite, ...place.flags])
    expect(code).toBe(0)
    expect(out).toMatch(/^run cut-\S+: Cut on faultline-sandbox \(simulated\), namespace jadevectordb-system, seed \d+$/m)
    expect(out).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \[1\/1 Cut\] it bites: /m)
    expect(out).toMatch(/^SUCCEEDED \(simulated\) {2}the fault was proven to bite and proven to be undone /m)
    expect(out).toContain('  reports: ')
    expect(out).not.toContain('\u001b')
  })

  it('records a refusal with its reasons and exits with 2', async () => {
    const { code, out } = await faultline(['run', suite, ...place.flags, '--json', '-n', 'nowhere'])
    expect(code).toBe(2)
    const result = JSON.parse(out)
    expect(result).toMatchObject({
      verdict: 'refused',
      refusals: [{ code: 'namespace', message: 'namespace nowhere does not exist' }],
      exitCode: 2,
    })
    expect(existsSync(join(place.state, 'reports', `${result.run}.txt`))).toBe(true)
  })

  it('with --min-score ends with 1 below it, and where there is no score', async () => {
    const probe = { name: 'pods', type: 'kubernetes', read: 'ready_ratio', interval: 1, tolerance: '>= 0.1' }
    const scored = await place.file('scored.json', { ...partitionSuite(2), probes: [probe] })
    const high = await faultline(['run', scored, ...place.flags, '--min-score', '100'])
    expect({ code: high.code, says: /--min-score.*/.exec(high.out)?.[0] }).toEqual({ code: 0, says: undefined })
    const none = await faultline(['run', suite, ...place.flags, '--min-score', '1'])
    const said = /--min-score.*/.exec(none.out)?.[0]
    expect([none.code, said]).toEqual([1, '--min-score 1 asks for a higher resilience score: there is none: no probe was asked'])
  })

  it('starts once for the same key', async () => {
    const first = await faultline(['run', suite, ...place.flags, '--json', '--id', 'monday'])
    const again = await faultline(['run', suite, ...place.flags, '--json', '--id', 'monday'])
    expect([first.code, again.code]).toEqual([0, 0])
    const [one, two] = [JSON.parse(first.out), JSON.parse(again.out)]
    expect(two.run).toBe(one.run)
    expect(two.endedAt).toBe(one.endedAt)
  })

  it('does not take another cluster for a kubeconfig that was named and is missing', async () => {
    const { code, out, err } = await faultline(['run', suite, '--state', place.state, '--kubeconfig', '/nonexistent/config'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toBe('error: kubeconfig /nonexistent/config: there is no such file\n')
  })
})

describe('looking back', () => {
  it('lists runs, newest first', async () => {
    const { code, out } = await place.faultline('runs', '--limit', '2')
    expect(code).toBe(0)
    expect(out.split('\n')[0]).toMatch(/^run +state +started +took +namespace$/)
    expect(out.trimEnd().split('\n').length).toBe(4)
  })

  it('shows a run by "latest" and by the beginning of its id', async () => {
    const { out } = await place.faultline('runs', '--json')
    const [{ run }] = JSON.parse(out).runs
    const [latest, begun] = [await place.faultline('show', 'latest'), await place.faultline('show', run.slice(0, -3))]
    expect(latest.code).toBe(0)
    expect(latest.out).toMatch(new RegExp(`^Faultline run ${run}: `))
    expect(begun.out).toBe(latest.out)
    const { out: json } = await place.faultline('show', run, '--json')
    const { schemaVersion, history } = JSON.parse(json)
    expect({ schemaVersion, first: history[0].type, last: history.at(-1).type }).toEqual({
      schemaVersion: 1,
      first: 'requested',
      last: 'released',
    })
  })

  it('says which runs there are when none or many are meant', async () => {
    const [none, many] = [await place.faultline('show', 'xyz'), await place.faultline('show', 'cut-')]
    expect([none.code, many.code]).toEqual([2, 2])
    expect(none.err).toMatch(/^error: there is no run "xyz"; there are: cut-/)
    expect(many.err).toMatch(/^error: "cut-" is the beginning of \d+ runs: cut-/)
  })
})

describe('stopping what is over', () => {
  it('abort says so and succeeds', async () => {
    const { code, out } = await place.faultline('abort', 'latest')
    expect(code).toBe(0)
    expect(out).toMatch(/^run cut-\S+ is over already: /)
  })

  it('resolve refuses', async () => {
    const { code, err } = await place.faultline('resolve', 'latest', '--by', 'ana', '--why', 'scrapped')
    expect(code).toBe(2)
    expect(err).toMatch(/^latest is cut-\S+ \(succeeded\)\nerror: run cut-\S+ is over already/)
  })

  it('reap finds nothing', async () => {
    const { code, out } = await faultline(['reap', ...place.flags, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ reaped: [], alive: [], errors: [], orphans: [], inert: [] })
  })
})
