import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Invocation } from '../../functions/shared/compose.ts'
import { control } from '../../functions/shared/control-actions.ts'
import { controlInput } from '../../functions/shared/inputs.ts'
import { claimed } from '../../lib/domain/actor.ts'
import { storedRuns } from '../support/stored-runs.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
/** Clusters that were asked for, by name. */
const reached: (string | undefined)[] = []

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

function ask(
  event: object,
  options: {
    readonly remainingMs?: number
    readonly request?: string
    readonly packagedSuitesOnly?: boolean
    readonly suites?: string
  } = {},
) {
  const engine = world.engine('control')
  const invocation = {
    caller: null,
    requestId: options.request ?? 'request-1',
    settings: { suites: options.suites ?? 'experiments', deployment: { packagedSuitesOnly: options.packagedSuitesOnly ?? false } },
    clock: world.clock,
    store: engine.store,
    clusters: {
      names: ['default'],
      source: () => ({ name: 'default', via: world.ref.via }),
      reach: async (name: string | undefined) => {
        reached.push(name)
        return { ref: world.ref, cluster: await engine.connect(world.ref) }
      },
    },
    budget: { remainingMs: () => options.remainingMs ?? 900_000, handOver: async () => {} },
    engine: () => engine,
  } as unknown as Invocation
  return world.play(control(controlInput.parse(event), invocation))
}

const runs = async () => (await world.store.runs.list()).map(({ suite, status }) => `${suite.name}: ${status}`).sort()

describe('test of the control function', () => {
  it('tries every fault of a family, each a run of its own, and answers with one table and one verdict', async () => {
    const answer = await ask({ action: 'test', family: 'network', duration: 15, pause: 0, by: 'ann' })
    expect(answer).toMatchObject({
      happened: expect.stringMatching(/^succeeded: 3 of 3 tests passed \(.*\)/),
      kind: 'tests',
      verdict: 'succeeded',
      families: [{ family: 'network', tests: 3, passed: 3, skipped: 0, failed: 0 }],
    })
    expect(await runs()).toEqual(['all', 'random', 'specific'].map((kind) => `network-partition ${kind}: succeeded`))
    expect((await storedRuns(world.store))[0]?.trigger).toEqual({
      kind: 'manual',
      key: 'request-1',
      by: 'ann (claimed)',
      actor: claimed('ann'),
    })
  })

  it('is guarded as a start is: where all is halted, the first is refused on record and no other begins', async () => {
    await world.store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'incident', at: world.clock.now() })
    const answer = await ask({ action: 'test', family: 'network', duration: 15, pause: 0 })
    expect(answer).toMatchObject({ verdict: 'refused', tests: [{ verdict: 'refused' }, { verdict: 'not_run' }, { verdict: 'not_run' }] })
    expect(await runs()).toEqual(['network-partition random: refused'])
  })

  it('fails where one was skipped, unless skips are allowed: no person looks on', async () => {
    world.sandbox.deny({ resource: 'jobs', namespace: 'faultline-injectors', message: 'exceeded quota' })
    const event = { action: 'test', family: 'node', duration: 20, pause: 0 }
    expect(await ask(event)).toMatchObject({ verdict: 'failed', families: [{ passed: 1, skipped: 3 }] })
  })

  it('is refused before the first where they would not be over in time', async () => {
    await expect(ask({ action: 'test', family: 'network', duration: 300 }, { remainingMs: 240_000 })).rejects.toThrow(
      'these tests take some 350 s, and this function has 150 s for them: ask for a family at a time, or for less',
    )
    expect(await runs()).toEqual([])
  })
})

describe('sweep of the control function', () => {
  it('tells and removes objects of ours that no run looks after; with dryRun it only tells', async () => {
    world.sandbox.create('jobs', {
      metadata: {
        name: 'left',
        namespace: 'jadevectordb-system',
        labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': 'gone', 'faultline.dev/role': 'fuse' },
        annotations: { 'faultline.dev/expires-at': '2026-01-05T08:00:00Z' },
      },
      spec: { parallelism: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } } },
    } as never)
    const name = 'Job jadevectordb-system/left (fuse)'
    expect(await ask({ action: 'sweep', dryRun: true })).toMatchObject({ found: [name], removed: [], next: 'sweep without dryRun' })
    expect(await ask({ action: 'sweep', cluster: 'default' })).toMatchObject({ found: [name], removed: [name], failed: [] })
    expect(await ask({ action: 'sweep' })).toMatchObject({ happened: '0 orphans found, 0 removed' })
    await expect(ask({ action: 'sweep', cluster: 'defautl' })).rejects.toThrow('cluster: `defautl`: did you mean `default`?')
  })
})

describe('inject and replay of the control function', () => {
  const inject = { action: 'inject', fault: 'node-failure', kind: 'pod-delete', with: { duration: 2, count: 1 }, seed: 5 }

  it('begin a run that another function drives, unless they are told to wait for its end', async () => {
    const begun = await ask({ ...inject, by: 'ann' })
    expect(begun.happened).toMatch(/^run \S+ is recorded; another function drives or refuses it$/)
    expect(await world.store.runs.load(String(begun.run))).toMatchObject({ status: 'requested', seed: 5, trigger: { by: 'ann (claimed)' } })
  })

  it('repeat the suite of a run, as it was then, with its seed and on its cluster', async () => {
    const first = await ask({ ...inject, wait: true }, { request: 'request-0' })
    const again = await ask({ action: 'replay', run: first.run, by: 'ben', wait: true })
    const [before, now] = await Promise.all([first, again].map(({ run }) => world.store.runs.load(String(run))))
    expect(now?.suite).toEqual(before?.suite)
    expect(now).toMatchObject({ status: 'succeeded', seed: 5, trigger: { key: 'request-1', by: 'ben (claimed)' } })
    expect(reached.at(-1)).toBe(before?.cluster.name)
  })
})

it('where only deployed suites may start, a fault that comes along with an event is refused on record', async () => {
  const inject = { action: 'inject', fault: 'node-failure', kind: 'pod-delete', with: { duration: 2, count: 1 }, wait: true }
  const answer = await ask(inject, { packagedSuitesOnly: true })
  const refusals = [{ code: 'guard', message: expect.stringMatching(/^only suites that were deployed may start here/) }]
  expect(answer).toMatchObject({ state: 'refused', refusals })
  expect(await runs()).toEqual(['node-failure pod-delete: refused'])
})

it('runs a part of a suite, and keeps what is left out', async () => {
  const answer = await ask({ action: 'run', suite: 'quick', only: ['3'], duration: 300, grace: 0 })
  const run = await world.store.runs.load(String(answer.run))
  expect(run?.suite.leftOut?.map(({ number }) => number)).toEqual([1, 2])
  expect(run?.steps).toHaveLength(1)
  await expect(ask({ action: 'run', suite: 'quick', skip: ['No such step'] })).rejects.toThrow(
    '--skip `No such step` is no step of the suite',
  )
})

it('where only deployed suites may start, a part of one is another suite', async () => {
  const answer = await ask({ action: 'run', suite: 'quick', only: ['3'] }, { packagedSuitesOnly: true })
  expect(answer).toMatchObject({ state: 'refused', refusals: [{ code: 'guard' }] })
})

it('there, variables that an event sets make another suite than the one that was deployed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-suites-'))
  const step = { name: 'A', type: 'node_failure', params: { failure_type: 'pod-delete' }, duration: 1, targets: { count: 1 } }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: variables of suites are written so
  writeFileSync(join(folder, 'one.json'), JSON.stringify({ name: 'One', namespace: '${NS:-elsewhere}', experiments: [step] }))
  const start = { action: 'run', suite: 'one', set: { NS: 'jadevectordb-system' } }
  const answer = await ask(start, { packagedSuitesOnly: true, suites: folder })
  rmSync(folder, { recursive: true, force: true })
  expect(answer).toMatchObject({
    state: 'refused',
    refusals: [{ code: 'guard', message: expect.stringMatching(/^only suites that were/) }],
  })
})
