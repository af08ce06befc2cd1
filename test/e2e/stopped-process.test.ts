import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Sandbox } from '../../sandbox/start.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { cli, type Finished, startCli } from './cli.ts'

let directory: string
let sandbox: Sandbox

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'faultline-'))
  sandbox = await startSandbox({ startDelayMs: 200, stopDelayMs: 200 })
  await sandbox.ready()
  writeFileSync(join(directory, 'kubeconfig'), sandbox.kubeconfig())
})

afterEach(async () => {
  await sandbox.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Runs a partition of so many seconds, and stops its process (SIGSTOP, as a closed lid does) for a while once it bites. */
async function stoppedFor(stopMs: number, durationSeconds: number): Promise<Finished> {
  const step = { name: 'Cut', type: 'network_partition', params: { partition_type: 'random' }, duration: durationSeconds }
  writeFileSync(join(directory, 'suite.json'), JSON.stringify({ name: 'Stopped', gracePeriod: 1, experiments: [step] }))
  const child = startCli(['run', 'suite.json', '--kubeconfig', 'kubeconfig', '--seed', '3'], directory)
  let stdout = ''
  let stderr = ''
  let isStopped = false
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk)
    if (isStopped || !stdout.includes('it bites')) return
    isStopped = true
    child.kill('SIGSTOP')
    setTimeout(() => child.kill('SIGCONT'), stopMs)
  })
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, stderr }
}

const policies = () => sandbox.objects().filter(({ kind }) => kind === 'NetworkPolicy')

async function states(): Promise<readonly string[]> {
  const { runs } = JSON.parse((await cli(['runs', '--json'], directory)).stdout) as { runs: { state: string }[] }
  return runs.map(({ state }) => state)
}

describe('a runner whose process was stopped', () => {
  it('for less than its lease, and more than half of it, goes on, and names it', async () => {
    const { code, stdout, stderr } = await stoppedFor(20_000, 28)
    expect(`${stdout}${stderr}`).toMatch(/this process stood still for \d+ s; the lease is tried once more/)
    expect(`${stdout}${stderr}`).not.toContain('did not answer')
    expect([code, await states(), policies()]).toEqual([0, ['succeeded'], []])
  }, 90_000)

  it('for longer than its lease undoes its fault with proof, and blames no store', async () => {
    const { code, stdout, stderr } = await stoppedFor(36_000, 120)
    expect(`${stdout}${stderr}`).toMatch(/it slept through its own lease/)
    expect(`${stdout}${stderr}`).not.toContain('did not answer')
    expect([code, await states(), policies()]).toEqual([1, ['aborted'], []])
  }, 120_000)
})
