import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { faultlineBin } from '../support/command.ts'

let state: string

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'faultline-demo-'))
})

afterAll(() => rm(state, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }))

interface Demo {
  readonly verdict: string
  readonly orphans: number
  readonly steps: readonly {
    readonly fault: string
    readonly verdict: string
    readonly evidence: readonly { readonly phase: string; readonly finding: string }[]
  }[]
  readonly cluster: { readonly simulated: boolean }
}

describe('the demo', () => {
  it('proves every kind of fault to bite and to be undone, and ends in one line of JSON', async () => {
    const child = spawn(process.execPath, [faultlineBin, 'run', 'sandbox/demo-suite.json', '--sandbox', '--json', '--state', state])
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    expect({ code: child.exitCode, err }).toEqual({ code: 0, err: '' })
    expect(out.trimEnd().split('\n').length).toBe(1)
    const demo = JSON.parse(out) as Demo
    expect(demo).toMatchObject({ verdict: 'succeeded', orphans: 0, cluster: { simulated: true } })
    expect(demo.steps.map((step) => [step.fault, step.verdict])).toEqual(
      [
        'network-partition',
        'pod-delete',
        'pod-kill',
        'crashloop',
        'pod-pause',
        'node-drain',
        'memory-exhaustion',
        'cpu-exhaustion',
        'disk-exhaustion',
        'network-exhaustion',
        'network-degradation',
      ].map((fault) => [fault, 'succeeded']),
    )
    for (const { evidence } of demo.steps) {
      expect(evidence.filter((e) => e.phase !== 'before').map((e) => [e.phase, e.finding])).toEqual([
        ['during', 'yes'],
        ['end', 'yes'],
        ['after', 'yes'],
      ])
    }
  }, 120_000)

  it('has stopped the embedded cluster that it started', () => {
    expect(existsSync(join(state, 'sandbox.log'))).toBe(true)
    expect(existsSync(join(state, 'sandbox.json'))).toBe(false)
  })
})
