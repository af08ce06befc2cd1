import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { runCommand } from '../../lib/adapters/command/run.ts'
import { defaultConfig } from '../../lib/config.ts'
import type { Job } from '../../lib/domain/kube.ts'
import type { LoadSpec } from '../../lib/domain/load-spec.ts'
import type { CommandSource, JobSource, OutputRead, ProbeSource } from '../../lib/domain/probe.ts'
import { readOutput } from '../../lib/probes/output.ts'
import { createProbes } from '../../lib/probes/probes.ts'
import type { Behaviour } from '../../sandbox/behaviours/behaviour.ts'
import { probeOf, thresholdOf } from '../support/probes.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
const work = { image: 'example/checker:1', command: null, args: [], env: {}, user: 65_532, resources: {}, namespace: null }

/** Says what it is told to, after some time, and ends. */
const checker: Behaviour = (context) => {
  const { SAYS = '', EXIT = '0', AFTER = '1' } = context.env
  context.at(context.now() + Number(AFTER) * 1000, () => {
    for (const line of SAYS.split('\n')) context.log(line)
    context.exit(Number(EXIT))
  })
  return {}
}

/** Tells every second how many requests it made so far. */
const client: Behaviour = (context) => {
  let count = 0
  const go = () => {
    count += 10
    context.log(`{"figures":{"requests":${count}}}`)
    context.at(context.now() + 1_000, go)
  }
  context.at(context.now() + 1_000, go)
  return {}
}

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 4, behaviours: { 'example/checker': checker, 'example/client': client } })
})

afterEach(() => world.close())

const jobSource = (env: Readonly<Record<string, string>>, read: OutputRead = { what: 'exit_code' }): JobSource => ({
  type: 'job',
  ...work,
  env,
  read,
})

async function ask(source: ProbeSource, { timeoutMs = 20_000, signal = new AbortController().signal } = {}) {
  const probes = createProbes({ prometheus: defaultConfig.prometheus, sign: async () => ({}), clock: world.clock })
  const port = probes({ cluster: await world.engine().connect(world.ref), namespace: 'jadevectordb-system', runId: 'run-1' })
  return world.play(port.ask(probeOf('check', { source, timeoutMs }), { signal, memory: new Map() }))
}

const jobsLeft = () => world.cluster.objects.list<Job>(jobs, { labelSelector: 'faultline.dev/role=probe' })

describe('a probe of type job', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, OutputRead, number | string]>([
    ['its exit code', { EXIT: '7' }, { what: 'exit_code' }, 7],
    ['the last line, a number where it is one', { SAYS: 'begun\n12.5' }, { what: 'last_line' }, 12.5],
    ['the last line as it is', { SAYS: 'begun\nall well' }, { what: 'last_line' }, 'all well'],
    ['a value of its JSON', { SAYS: 'begun\n{"lost":3}' }, { what: 'jsonpath', path: '$.lost' }, 3],
  ])('answers with %s, and leaves nothing', async (_, env, read, value) => {
    const before = world.footprint()
    expect(await ask(jobSource(env, read))).toMatchObject({ value })
    await world.pass(2_000)
    expect(world.footprint()).toEqual(before)
  })

  it('measures nothing where its program fails and was to say more, does not end in time, or cannot be pulled', async () => {
    await expect(ask(jobSource({ EXIT: '3', SAYS: 'no route' }, { what: 'last_line' }))).rejects.toThrow(
      'it failed with exit code 3: no route',
    )
    await expect(ask(jobSource({ AFTER: '60' }))).rejects.toThrow('it did not end in time')
    world.sandbox.breakImage('example/checker')
    await expect(ask(jobSource({}))).rejects.toThrow(/it did not end in time: pod \S+: (ErrImagePull|ImagePullBackOff)/)
    expect(await jobsLeft()).toEqual([])
  })

  it('ends by itself when its asker is gone', async () => {
    const hanging = { ...world.cluster, objects: { ...world.cluster.objects, list: () => new Promise<never>(() => {}) } }
    const probes = createProbes({ prometheus: defaultConfig.prometheus, sign: async () => ({}), clock: world.clock })
    const port = probes({ cluster: hanging, namespace: 'jadevectordb-system', runId: 'run-1' })
    void port.ask(probeOf('check', { source: jobSource({ AFTER: '3600' }), timeoutMs: 20_000 }), {
      signal: new AbortController().signal,
      memory: new Map(),
    })
    await world.pass(20_000)
    expect(await jobsLeft()).toHaveLength(1)
    await world.pass(75_000)
    expect(await jobsLeft()).toEqual([])
  })

  it('is asked before, during and after the faults of a run, which it may refuse or fail, and is no orphan', async () => {
    const before = world.footprint()
    const probe = (env: Readonly<Record<string, string>>) =>
      probeOf('lost', {
        source: jobSource(env, { what: 'last_line' }),
        tolerance: { kind: 'value', value: 0 },
        timeoutMs: 20_000,
        retries: 0,
      })
    const play = (env: Readonly<Record<string, string>>, key: string) =>
      world.run(world.engine(), suiteOf([stepOf(partition, { durationMs: 40_000 })], { probes: [probe(env)] }), { key })
    expect(await play({ SAYS: '0' }, 'good')).toMatchObject({ status: 'succeeded', orphans: 0, steps: [{ score: 100, steady: 'yes' }] })
    expect(await play({ SAYS: '0', AFTER: '12' }, 'slow')).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(await play({ SAYS: '3' }, 'bad')).toMatchObject({ status: 'refused', refusals: [{ code: 'unsteady' }] })
    await world.pass(5_000)
    expect(world.footprint()).toEqual(before)
  })
})

describe('a probe of type load', () => {
  const load: LoadSpec = { ...work, name: 'writers', image: 'example/client:1', mayEnd: false, graceSeconds: 1 }
  const source = (read: Extract<ProbeSource, { type: 'load' }>['read']): ProbeSource => ({
    type: 'load',
    load: 'writers',
    n: 0,
    namespace: null,
    read,
  })

  it('reads whether it runs, and its newest figures', async () => {
    const probes = [
      probeOf('at work', { source: source({ what: 'running' }), mode: 'during', tolerance: { kind: 'value', value: 1 } }),
      probeOf('requests', {
        source: source({ what: 'figure', name: 'requests' }),
        mode: 'during',
        tolerance: { kind: 'comparison', op: '>', value: 0 },
      }),
    ]
    const run = await world.run(world.engine(), suiteOf([stepOf(partition)], { load: [load], probes, graceBeforeMs: 3_000 }))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ score: 100 }] })
    const [atWork, requests] = run.steps[0]?.probes ?? []
    expect(atWork).toMatchObject({ last: 1, unknown: 0 })
    expect(Number(requests?.last)).toBeGreaterThan(Number(requests?.min))
  })

  it('can stop a run whose load died, by a threshold', async () => {
    const dying = { ...load, image: 'example/checker:1', env: { AFTER: '5', EXIT: '1' } }
    const probes = [probeOf('at work', { source: source({ what: 'running' }), mode: 'during', tolerance: { kind: 'value', value: 1 } })]
    const thresholds = [thresholdOf('at work', { op: '<', limit: 1, forMs: 0, action: 'abort' })]
    const suite = suiteOf([stepOf(partition, { durationMs: 600_000 })], { load: [dying], probes, thresholds, maxDurationMs: 3_600_000 })
    expect(await world.run(world.engine(), suite)).toMatchObject({ status: 'aborted', abort: { reason: 'threshold' }, orphans: 0 })
  })
})

describe('a probe of type command', () => {
  const run = (command: readonly string[], env = {}, timeoutMs = 10_000, signal = new AbortController().signal) =>
    runCommand({ command, env }, { timeoutMs, signal })

  it('runs a program of this machine with its variables, and reads what it said', async () => {
    const ended = await run([process.execPath, '-e', 'console.log(process.env.SAID); process.exit(4)'], { SAID: 'so' })
    expect(ended).toEqual({ exitCode: 4, output: 'so\n' })
    expect(readOutput({ what: 'exit_code' }, ended)).toEqual({ value: 4, message: 'exit code 4: so' })
  })

  it('kills what is not through in time, or no longer waited for, and tells what cannot be started', async () => {
    const sleeping = [process.execPath, '-e', 'setTimeout(() => {}, 60_000)']
    await expect(run(sleeping, {}, 200)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(run(sleeping, {}, 60_000, AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' })
    await expect(run(['/no/such/program'])).rejects.toMatchObject({ code: 'bad_input', message: /cannot be started/ })
  })

  it('is refused wherever no person runs the suite', async () => {
    const source: CommandSource = { type: 'command', command: ['true'], env: {}, read: { what: 'exit_code' } }
    await expect(ask(source)).rejects.toMatchObject({ code: 'bad_input' })
  })
})
