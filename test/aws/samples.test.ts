import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { LocalAws } from '../../sandbox/aws/local-aws.ts'
import { openWithRoles } from '../support/local-aws.ts'

type Name = 'start' | 'advance' | 'reap' | 'look' | 'control' | 'halt' | 'resume' | 'approve'
const run = promisify(execFile)
const files = readdirSync('functions/events').filter((file) => file.endsWith('.json'))
const sample = (file: string): Record<string, unknown> => JSON.parse(readFileSync(`functions/events/${file}`, 'utf8'))
const nameOf = (file: string) => file.split(/[-.]/)[0] as Name

/** What each sample must come to; they are played in this order, on a cluster and a table of their own. */
const expected: readonly (readonly [string, object | RegExp])[] = [
  ['control-status.json', { halt: null, clusters: ['embedded'] }],
  ['look-status.json', { halt: null, clusters: ['embedded'] }],
  ['look-runs.json', { runs: [] }],
  ['look-record.json', /there are no runs yet/],
  ['control-doctor.json', { happened: 'cluster embedded: ok', doctor: { cluster: { name: 'embedded', simulated: true } } }],
  ['control-reap.json', { reap: { reaped: [], alive: [], errors: [], orphans: [] } }],
  ['control-plan.json', { refusals: [], happened: 'suite Quick test suite could start now' }],
  [
    'control-inject.json',
    { happened: expect.stringMatching(/^run network-partit-\S+ is recorded; another function drives or refuses it$/), state: 'requested' },
  ],
  ['control-replay.json', /there is no run quick-test-sui-20260105-100000-abcdefgh/],
  ['control-pause.json', { happened: 'suite quick-test-suite is paused by ann (claimed)' }],
  ['start-scheduled.json', { state: 'refused', refusals: [{ code: 'paused' }, { code: 'outside_window' }] }],
  ['control-unpause.json', { happened: 'suite quick-test-suite may start again' }],
  ['start-own-suite.json', { state: 'succeeded', orphans: 0 }],
  ['control-run.json', { state: 'requested', warnings: [] }],
  ['halt.json', { happened: 'everything is halted by ann (claimed): 0 live runs revert now, and none starts' }],
  ['control-test.json', { verdict: 'refused', tests: [{ verdict: 'refused' }, { verdict: 'not_run' }, { verdict: 'not_run' }] }],
  [
    'start-by-hand.json',
    {
      happened: expect.stringMatching(/^run quick-test-sui-by-key-\w+ is recorded; another function drives or refuses it$/),
      state: 'requested',
    },
  ],
  ['resume.json', { happened: 'ann (claimed) lifted the halt' }],
  ['approve.json', /there is no run quick-20260105-090000-abcdefgh/],
  ['reap.json', { orphans: [] }],
  ['control-sweep.json', { found: [], removed: [], failed: [] }],
  ['advance.json', /there is no run quick-test-sui-20260105-100000-abcdefgh/],
  ['control-abort.json', /there is no run quick-test-sui-20260105-100000-abcdefgh/],
  ['control-resolve.json', /there is no run quick-test-sui-20260105-100000-abcdefgh/],
  ['control-status-of-run.json', /there is no run quick-test-sui-20260105-100000-abcdefgh/],
]

let aws: LocalAws

beforeAll(async () => {
  aws = await openWithRoles()
}, 60_000)

afterAll(async () => {
  await aws.close()
  expect(aws.refused).toEqual([])
})

describe('a sample event', () => {
  it('has its expectation here, each of them', () => {
    expect(expected.map(([file]) => file).sort()).toEqual([...files].sort())
  })

  it.each(expected)('%s does what it says', async (file, outcome) => {
    const invoked = aws.invoke(nameOf(file), sample(file))
    if (outcome instanceof RegExp) await expect(invoked).rejects.toThrow(outcome)
    else expect(await invoked).toMatchObject({ happened: expect.any(String), next: expect.any(String), ...outcome })
    await aws.idle()
  })

  it('that names a run works with a real one', async () => {
    const started = Object(await aws.invoke('start', { ...sample('start-by-hand.json') }))
    for (let tries = 0; tries < 100 && (await aws.store.runs.load(started.run))?.status === 'requested'; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const status = await aws.invoke('control', { ...sample('control-status-of-run.json'), run: started.run })
    expect(status).toMatchObject({ run: started.run, history: expect.any(Array) })
    const aborted = Object(await aws.invoke('control', { ...sample('control-abort.json'), run: started.run }))
    expect(aborted.happened).toMatch(/was asked to abort|is over/)
    await aws.idle()
    expect(await aws.store.runs.load(started.run)).toMatchObject({
      status: 'aborted',
      abort: { by: 'ann (claimed)', detail: 'customers notice' },
    })
    const advance = await aws.invoke('advance', { ...sample('advance.json'), detail: { runId: started.run } })
    expect(advance).toMatchObject({ happened: `run ${started.run} ended: aborted` })
  })

  it.each([
    ['control', 'control-status.json', /"happened": "0 runs are live/],
    ['start', 'start-own-suite.json', /"state": "succeeded"/],
  ] as const)('works in osls invoke local as well: %s with %s', async (name, file, said) => {
    const args = ['node_modules/osls/bin/serverless.js', 'invoke', 'local', '-f', name, '-p', `functions/events/${file}`]
    const { stdout } = await run(process.execPath, args, {
      timeout: 100_000,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...aws.environmentOf(name) },
    })
    expect(stdout).toMatch(said)
  })
})
