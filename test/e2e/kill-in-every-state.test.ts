import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Sandbox } from '../../sandbox/start.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { cli, killAt, startCli } from './cli.ts'

const suite = {
  name: 'Killed',
  gracePeriod: 1,
  experiments: [
    { name: 'Drain', type: 'node_failure', params: { failure_type: 'node-drain', allowEmptyDir: true }, duration: 3, interval: 2 },
    { name: 'Cut', type: 'network_partition', params: { partition_type: 'random' }, duration: 3 },
  ],
}

/** What the command prints when it comes into the state. */
const states: readonly (readonly [string, string])[] = [
  ['requested', 'run killed-'],
  ['preparing', 'admitted'],
  ['injecting', 'targets fixed'],
  ['holding', 'it bites'],
  ['reverting', 'duration is over'],
  ['recovering', 'undone, with proof'],
  ['resting', 'healthy again'],
  ['the second step', '[2/2 Cut] it bites'],
  ['verifying', '[2/2 Cut] healthy again'],
]

let directory: string
let sandbox: Sandbox

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'faultline-'))
  sandbox = await startSandbox({ startDelayMs: 200, stopDelayMs: 200 })
  await sandbox.ready()
  writeFileSync(join(directory, 'kubeconfig'), sandbox.kubeconfig())
  writeFileSync(join(directory, 'suite.json'), JSON.stringify(suite))
})

afterEach(async () => {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Identity and content of everything a run could have changed; pods come and go, so only their labels and number count. */
function footprint(): readonly string[] {
  return sandbox
    .objects()
    .filter((object) => object.kind !== 'Event' && object.kind !== 'Lease')
    .map((object) => {
      const { kind, metadata } = object
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith('faultline.dev/'))
      const name = kind === 'Pod' ? '' : metadata.name
      const spec = kind === 'Pod' ? null : (object as { spec?: unknown }).spec
      return JSON.stringify([kind, metadata.namespace, name, metadata.labels, annotations, spec])
    })
    .sort()
}

/** Every other command that starts a run, and what it prints when it is in the middle of one. */
const commands: readonly (readonly [string, readonly string[], string])[] = [
  ['inject, while it injects', ['inject', 'network-partition', 'random', '--duration', '60'], 'targets fixed'],
  ['inject, while it holds', ['inject', 'network-partition', 'random', '--duration', '60'], 'it bites'],
  ['test, in its first test', ['test', 'network', '--duration', '60', '--pause', '0'], 'it bites'],
  ['test, between two tests', ['test', 'network', '--duration', '15', '--pause', '5'], 'healthy again'],
  ['test, in a later one', ['test', 'network', '--duration', '15', '--pause', '0'], '[1/1 network-partition all] it bites'],
  ['run of a suite by its name', ['run', 'quick', '--duration', '300', '--grace', '0'], 'it bites'],
]

describe('kill -9 of', () => {
  it.each(commands)(
    '%s, then reap: nothing is left',
    async (_, args, text) => {
      const before = footprint()
      expect(await killAt([...args, '--kubeconfig', 'kubeconfig', '--seed', '3'], text, directory)).toBe(true)
      await expectUndone(before)
    },
    60_000,
  )

  it('replay, then reap: nothing is left', async () => {
    const before = footprint()
    const first = ['inject', 'network-partition', 'random', '--duration', '2', '--kubeconfig', 'kubeconfig', '--json']
    expect(await cli(first, directory)).toMatchObject({ code: 0 })
    expect(await killAt(['replay', 'latest'], 'it bites', directory)).toBe(true)
    await expectUndone(before)
  }, 60_000)

  it('sweep: what it had not removed yet, the next one does', async () => {
    const before = footprint()
    expect(
      await killAt(['inject', 'network-partition', 'random', '--duration', '60', '--kubeconfig', 'kubeconfig'], 'it bites', directory),
    ).toBe(true)
    expect((await cli(['sweep', '--kubeconfig', 'kubeconfig', '--dry-run'], directory)).stdout).toMatch(/^0 orphans found/m)
    await expectUndone(before)
    sandbox.create('networkpolicies', {
      metadata: {
        name: 'left',
        namespace: 'default',
        labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': await newestRun() },
      },
      spec: { podSelector: {} },
    })
    const asked = Promise.withResolvers<void>()
    const answer = sandbox.disturb(({ method }) => {
      if (method !== 'DELETE') return undefined
      asked.resolve()
      return { hang: true }
    })
    const swept = startCli(['sweep', '--kubeconfig', 'kubeconfig'], directory)
    const ended = new Promise((resolve) => swept.once('close', resolve))
    await asked.promise
    swept.kill('SIGKILL')
    await ended
    answer()
    expect(await cli(['sweep', '--kubeconfig', 'kubeconfig'], directory)).toMatchObject({ code: 0 })
    expect(footprint()).toEqual(before)
  }, 60_000)
})

async function newestRun(): Promise<string> {
  const { runs } = JSON.parse((await cli(['runs', '--json'], directory)).stdout) as { runs: { run: string }[] }
  return runs[0]?.run ?? ''
}

/** After one reap the cluster is what it was, and a second one finds nothing. */
async function expectUndone(before: readonly string[]): Promise<void> {
  expect(await cli(['reap', '--kubeconfig', 'kubeconfig', '--json'], directory)).toMatchObject({ code: 0 })
  await sandbox.ready()
  expect(footprint()).toEqual(before)
  const again = await cli(['reap', '--kubeconfig', 'kubeconfig', '--json'], directory)
  expect(JSON.parse(again.stdout)).toEqual({ reaped: [], alive: [], errors: [], orphans: [], inert: [] })
}

describe('kill -9 of a run', () => {
  it.each(states)(
    'in %s, then reap: aborted, and the cluster is what it was',
    async (_, text) => {
      const before = footprint()
      expect(await killAt(['run', 'suite.json', '--kubeconfig', 'kubeconfig', '--seed', '3'], text, directory)).toBe(true)
      const reaped = await cli(['reap', '--kubeconfig', 'kubeconfig', '--json'], directory)
      expect(reaped).toMatchObject({ code: 0 })
      const { runs } = JSON.parse((await cli(['runs', '--json'], directory)).stdout) as { runs: { state: string }[] }
      expect(runs.map((run) => run.state)).toEqual(['aborted'])
      await sandbox.ready()
      expect(footprint()).toEqual(before)
      const again = await cli(['reap', '--kubeconfig', 'kubeconfig'], directory)
      expect(again.code).toBe(0)
    },
    60_000,
  )

  it('is seen in the list of runs; reaping tells what it does, not what the dead driver had done', async () => {
    const fewer = { ...suite, experiments: suite.experiments.slice(1) }
    writeFileSync(join(directory, 'suite.json'), JSON.stringify(fewer))
    expect(await killAt(['run', 'suite.json', '--kubeconfig', 'kubeconfig'], 'it bites', directory)).toBe(true)
    expect((await cli(['runs'], directory)).stdout).toMatch(/(injecting|holding), lost /)
    const { stdout } = await cli(['reap', '--kubeconfig', 'kubeconfig'], directory)
    expect(stdout).toContain('has lost its driver: undoing it')
    expect(stdout).not.toContain('it bites')
  }, 60_000)
})
