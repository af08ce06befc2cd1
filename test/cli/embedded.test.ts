import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { liveSandbox } from '../../cli/embedded/sandbox-file.ts'
import { isDeadOwner } from '../../cli/owner.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place

beforeEach(async () => {
  place = await openPlace()
})

afterEach(async () => {
  const left = await liveSandbox(place.state)
  if (left !== undefined) process.kill(left.pid, 'SIGKILL')
  await place.close()
})

describe('the embedded cluster', () => {
  it.each(['run', 'plan'])(
    'takes no %s that finds no kubeconfig where no person looks on, as in CI: --sandbox must say so',
    async (command) => {
      const suite = await place.file('suite.json', partitionSuite(1))
      const { code, err } = await place.faultline(command, suite)
      expect(code).toBe(2)
      expect(err).toContain('no kubeconfig found: --kubeconfig or KUBECONFIG names one')
      expect(await liveSandbox(place.state)).toBeUndefined()
      expect((await place.faultline('runs')).out).toContain('no runs')
    },
  )

  it('is started for a command that finds no kubeconfig at a terminal, which says so, and stopped at its end', async () => {
    const suite = await place.file('suite.json', partitionSuite(1))
    const { code, out } = await faultline(['plan', suite, '--state', place.state], {}, '', true)
    expect(code).toBe(0)
    expect(out).toContain('no kubeconfig found: using the embedded cluster (simulated)\nstarting an embedded cluster (simulated)\n')
    expect(await liveSandbox(place.state)).toBeUndefined()
    expect(existsSync(join(place.state, 'sandbox.kubeconfig'))).toBe(false)
  })

  it('outlives a run that is killed hard; reap undoes on it, then stops it', async () => {
    const suite = await place.file('suite.json', partitionSuite(60))
    const run = place.spawn('run', suite, '--sandbox', '--state', place.state)
    const id = await place.untilRunIs('holding')
    const record = await liveSandbox(place.state)
    run.child.kill('SIGKILL')
    await run.end()
    expect((await liveSandbox(place.state))?.owner).toBe(record?.owner)
    const { code, out } = await place.faultline('reap', '--sandbox', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ reaped: [{ run: id, verdict: 'aborted' }], orphans: [] })
    expect(record === undefined || isDeadOwner(record.owner)).toBe(true)
  })

  it('that ends in the middle of a run ends the run, which says so', async () => {
    const suite = await place.file('suite.json', partitionSuite(60))
    const run = place.spawn('run', suite, '--sandbox', '--state', place.state)
    const id = await place.untilRunIs('holding')
    process.kill((await liveSandbox(place.state))?.pid ?? 0, 'SIGKILL')
    const { code, out } = await run.end()
    expect(code).toBe(1)
    expect(out).toMatch(/ABORT \(cluster_gone\) by .*: the embedded cluster at http:\S+ has ended, and every fault with it/)
    expect(out).toContain('ABORTED')
    const { runs } = JSON.parse((await place.faultline('runs', '--json')).out) as { readonly runs: readonly object[] }
    expect(runs).toMatchObject([{ run: id, state: 'aborted' }])
  }, 60_000)

  it('is not stopped by a plan while a run uses it', async () => {
    const suite = await place.file('suite.json', partitionSuite(4))
    const run = place.spawn('run', suite, '--sandbox', '--state', place.state)
    await place.untilRunIs('holding')
    const before = await liveSandbox(place.state)
    const plan = await place.faultline('plan', suite, '--sandbox', '-n', 'default')
    expect(plan.code).toBe(2)
    expect((await liveSandbox(place.state))?.owner).toBe(before?.owner)
    expect((await run.end()).code).toBe(0)
    expect(await liveSandbox(place.state)).toBeUndefined()
  })

  it('that a person keeps running is found, used, and left running', async () => {
    const kept = place.spawn('sandbox', '--replicas', '5', '--nodes', '2', '--state', place.state)
    await kept.untilOut('Ctrl-C ends it.')
    expect(kept.out).toContain('It is SIMULATED')
    const kubeconfig = join(place.state, 'sandbox.kubeconfig')
    expect(readFileSync(kubeconfig, 'utf8')).toContain((await liveSandbox(place.state))?.url)
    const suite = await place.file('suite.json', partitionSuite(1))
    const { code, out } = await place.faultline('run', suite, '--sandbox', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ baseline: { ready: 5, total: 5 } })
    const viaFile = await faultline(['plan', 'sandbox/demo-suite.json', '--state', place.state, '--kubeconfig', kubeconfig, '--json'])
    expect(JSON.parse(viaFile.out)).toMatchObject({ verdict: 'ready', cluster: { simulated: true } })
    const second = await place.faultline('sandbox')
    expect(second.code).toBe(2)
    expect(second.err).toMatch(/^error: an embedded cluster runs already in /)
    kept.child.kill('SIGINT')
    expect(await kept.end()).toMatchObject({ code: 0, err: '' })
    expect(existsSync(join(place.state, 'sandbox.json'))).toBe(false)
  })

  it.each([['sandbox'], ['runs']])('and the store need a directory that can be used: %s says so', async (command) => {
    const file = await place.file('file', 'not a directory')
    const { code, err } = await faultline([command, '--state', file])
    expect(code).toBe(2)
    expect(err).toMatch(/^error: --state \S+ cannot be used as a directory: EEXIST/)
  })
})
