import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../lib/domain/errors.ts'
import { dataOf } from '../../../lib/domain/history-event.ts'
import type { ProbeSpec } from '../../../lib/domain/probe.ts'
import type { Run, StepRecord } from '../../../lib/domain/run.ts'
import type { Suite } from '../../../lib/domain/suite.ts'
import { drive } from '../../../lib/engine/drive.ts'
import type { Engine } from '../../../lib/engine/engine.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { dieIn } from '../../support/around.ts'
import { fakeProbes, probeOf, type Said, thresholdOf } from '../../support/probes.ts'
import { memory, nodeDrain, partition, podDelete, podKill, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** An engine whose probes are told the state the run is in. */
function engineWith(say: (status: Run['status'], probe: ProbeSpec) => Said, owner = 'driver-1'): Engine {
  let status: Run['status'] = 'requested'
  return world.engine(owner, {
    probes: fakeProbes((probe) => say(status, probe)),
    observe: ({ run }) => {
      status = run.status
    },
  })
}

async function eventsOf(run: Run) {
  return world.store.ledger.history(run.id)
}

describe('a threshold that aborts', () => {
  it.each([
    ['network-partition', partition],
    ['pod-delete', podDelete],
    ['pod-kill', podKill],
    ['memory-exhaustion', memory],
    ['node-drain', nodeDrain],
  ])('ends a %s within one interval, and leaves nothing', async (_, fault) => {
    const before = world.footprint()
    const suite = suiteOf([stepOf(fault, { durationMs: 60_000 }), stepOf(partition)], {
      probes: [probeOf('errors')],
      thresholds: [thresholdOf('errors')],
    })
    let highAt = 0
    const engine = engineWith((status) => {
      if (status !== 'holding') return 0
      highAt ||= world.clock.now() + 7_000
      return world.clock.now() >= highAt ? 0.5 : 0
    })
    const run = await world.run(engine, suite)
    expect(run).toMatchObject({
      status: 'aborted',
      orphans: 0,
      abort: { reason: 'threshold', by: 'probe errors', detail: 'errors is high (errors > 0.1): it is 0.5' },
    })
    expect(run.steps.map((step) => step.verdict)).toEqual(['aborted', 'skipped'])
    expect((run.abort?.at ?? 0) - highAt).toBeLessThanOrEqual(2_000)
    expect((run.abort?.undoneAt ?? Number.POSITIVE_INFINITY) - (run.abort?.at ?? 0)).toBeLessThanOrEqual(5_000)
    await world.pass(60_000)
    expect(world.footprint()).toEqual(before)
    expect(world.sandbox.effects()).toEqual([])
  })

  it('stands in the history once, with what was seen', async () => {
    const suite = suiteOf([stepOf(partition)], { probes: [probeOf('errors')], thresholds: [thresholdOf('errors', { forMs: 4_000 })] })
    const run = await world.run(
      engineWith((status) => (status === 'holding' || status === 'reverting' ? 0.5 : 0)),
      suite,
    )
    const crossings = (await eventsOf(run)).filter(({ type }) => type === 'threshold_crossed')
    expect(crossings).toMatchObject([
      {
        step: 0,
        message: 'critical threshold crossed: errors is high (errors > 0.1 for 4 s): it is 0.5; the run is aborted',
        data: {
          threshold: 'errors is high',
          probe: 'errors',
          value: 0.5,
          op: '>',
          limit: 0.1,
          forMs: 4_000,
          severity: 'critical',
          action: 'abort',
        },
      },
    ])
    expect(run.status).toBe('aborted')
    const [crossing] = crossings
    expect((crossing?.at ?? 0) - Number(dataOf(crossings, 'threshold_crossed')[0]?.since)).toBe(4_000)
  })

  it('that only notifies ends nothing; a recovery and a second crossing are told too', async () => {
    const suite = suiteOf([stepOf(partition, { durationMs: 30_000 })], {
      probes: [probeOf('errors', { tolerance: { kind: 'comparison', op: '<=', value: 1 } })],
      thresholds: [thresholdOf('errors', { action: 'notify', severity: 'warning' })],
    })
    let n = 0
    const run = await world.run(
      engineWith((status) => (status === 'holding' && [3, 4, 8].includes(++n) ? 0.5 : 0)),
      suite,
    )
    expect(run.status).toBe('succeeded')
    const types = (await eventsOf(run)).map(({ type }) => type).filter((type) => type.startsWith('threshold_'))
    expect(types).toEqual(['threshold_crossed', 'threshold_recovered', 'threshold_crossed', 'threshold_recovered'])
  })

  it('aborts between steps as well', async () => {
    const suite = suiteOf([stepOf(partition, { intervalMs: 20_000 }), stepOf(partition)], {
      probes: [probeOf('errors', { mode: 'during' })],
      thresholds: [thresholdOf('errors')],
    })
    const run = await world.run(
      engineWith((status) => (status === 'resting' ? 0.5 : 0)),
      suite,
    )
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'threshold' } })
    expect(run.steps.map((step) => step.verdict)).toEqual(['succeeded', 'skipped'])
  })
})

/** How long after its fault was active a step's fault was undone, and its workload healthy. */
function ends(step: StepRecord | undefined): readonly number[] {
  const { activeAt, revertedAt, recoveredAt } = step ?? {}
  return [revertedAt, recoveredAt].map((at) => (at ?? Number.NaN) - (activeAt ?? Number.NaN))
}

/** The clock of a test moves in the steps of its sleepers, so that two runs differ a little. Who waited here would wait for 5 s and more. */
function expectNoLater(run: Run, calm: Run): void {
  for (const [n, step] of run.steps.entries()) {
    if (step.verdict === 'skipped') continue
    for (const [i, ms] of ends(step).entries()) expect(ms).toBeLessThanOrEqual((ends(calm.steps[n])[i] ?? Number.NaN) + 3_000)
  }
}

describe('a probe that is in trouble', () => {
  const plain = suiteOf([stepOf(partition), stepOf(podDelete, { intervalMs: 20_000 })])
  const probed: Suite = {
    ...plain,
    probes: [probeOf('bad', { timeoutMs: 10_000, retries: 10 }), probeOf('good')],
    thresholds: [thresholdOf('bad')],
  }

  it.each(['hangs', 'refuses'] as const)('and %s delays no step and no undo', async (trouble) => {
    const calm = await world.run(
      engineWith(() => 0),
      probed,
    )
    await world.close()
    world = await openWorld()
    const troubled = await world.run(
      engineWith((status, { name }) => (name === 'bad' && status !== 'requested' ? trouble : 0)),
      probed,
    )
    expect(calm.status).toBe('succeeded')
    expect(troubled.steps[0]).toMatchObject({ verdict: 'failed', steady: 'unknown' })
    expectNoLater(troubled, calm)
  })

  it('and hangs from the start refuses it, in bounded time', async () => {
    const before = world.footprint()
    const run = await world.run(
      engineWith(() => 'hangs'),
      { ...plain, probes: [probeOf('bad', { timeoutMs: 10_000, retries: 2 })] },
    )
    expect(run.status).toBe('refused')
    expect('endedAt' in run ? run.endedAt - run.requestedAt : Number.NaN).toBeLessThanOrEqual(35_000)
    expect(world.footprint()).toEqual(before)
  })

  it.each([
    ['hangs', () => new Promise<never>(() => undefined)],
    ['refuses', () => Promise.reject(new StoreUnavailable('add samples'))],
  ] as const)('a store of answers that %s delays no step and no undo', async (_, trouble) => {
    const calm = await world.run(
      engineWith(() => 0),
      probed,
    )
    await world.close()
    world = await openWorld()
    const base = engineWith(() => 0)
    const run = await world.run({ ...base, store: { ...base.store, samples: { add: trouble, list: trouble } } }, probed)
    expect(run.status).toBe('succeeded')
    expectNoLater(run, calm)
  })
})

describe('answers of probes', () => {
  it('are stored with step and phase, in the order of their times', async () => {
    const run = await world.run(
      engineWith(() => 0),
      suiteOf([stepOf(partition)], { probes: [probeOf('errors')] }),
    )
    const samples = await world.store.samples.list(run.id)
    expect(samples.map(({ at }) => at)).toEqual(samples.map(({ at }) => at).sort((a, b) => a - b))
    const phases = samples.map(({ phase, step }) => `${step} ${phase}`)
    expect([...new Set(phases)]).toEqual(['null before', '0 before', '0 during', '0 after'])
    const during = samples.filter(({ phase }) => phase === 'during')
    const { activeAt, revertedAt } = run.steps[0] ?? {}
    expect(during.every(({ at }) => at >= (activeAt ?? 0) && at <= (revertedAt ?? 0))).toBe(true)
    expect(during.length).toBeGreaterThanOrEqual(5)
  })

  it('that were given before a hand-over count for the driver that goes on: sums, thresholds and the verdict', async () => {
    const suite = suiteOf([stepOf(partition, { durationMs: 40_000 })], {
      probes: [probeOf('errors')],
      thresholds: [thresholdOf('errors', { forMs: 25_000 })],
    })
    const gone: Promise<Run>[] = []
    let isHeld = false
    const high = fakeProbes(() => (isHeld ? 0.5 : 0))
    const first = world.engine('first', {
      probes: high,
      observe: ({ run }) => {
        if (run.status !== 'holding' || isHeld) return
        isHeld = true
        void world.clock.sleep(12_000).then(() => {
          gone.push(handOver(run.id, world.engine('second', { probes: high })))
        })
      },
    })
    await expect(world.run(first, suite)).rejects.toMatchObject({ code: 'lease_lost' })
    const [run] = await world.play(Promise.all(gone))
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'threshold' }, lease: null })
    const aborted = (run?.abort?.at ?? 0) - (run?.steps[0]?.activeAt ?? 0)
    expect([aborted >= 25_000, aborted <= 29_000]).toEqual([true, true])
    expect(run?.steps[0]?.probes[0]?.asked).toBeGreaterThanOrEqual(11)
  })
})

/** As a driver does whose time is nearly up; the other one goes on while it is still there. */
async function handOver(runId: string, next: Engine): Promise<Run> {
  const run = await world.store.runs.load(runId)
  if (run === undefined) throw new Error('no run')
  await world.store.runs.save({ ...run, version: run.version + 1, handover: true, events: [] })
  return drive(next, runId)
}

describe('a driver that died', () => {
  it.each(['threshold_crossed', 'abort'] as const)('right after %s leaves nothing behind the reaper', async (type) => {
    const before = world.footprint()
    const suite = suiteOf([stepOf(partition, { durationMs: 60_000 })], { probes: [probeOf('errors')], thresholds: [thresholdOf('errors')] })
    let dead = false
    let isHeld = false
    const engine = world.engine('dead', {
      probes: fakeProbes(() => (isHeld ? 0.5 : 0)),
      hook: () => {
        if (dead) throw new Error('the process is dead')
      },
      observe: (progress) => {
        isHeld ||= progress.run.status === 'holding'
        dead ||= progress.kind === 'event' && progress.event.type === type
      },
    })
    await world.run(engine, suite).catch(() => undefined)
    expect(dead).toBe(true)
    await world.pass(61_000)
    const { runs, errors } = await world.play(world.store.runs.list().then((found) => reapRuns(world.engine('reaper'), found)))
    expect(errors).toEqual([])
    expect(runs).toMatchObject([{ status: 'aborted', orphans: 0, abort: { reason: type === 'abort' ? 'threshold' : 'driver_lost' } }])
    await world.pass(60_000)
    expect(world.footprint()).toEqual(before)
    expect(world.sandbox.effects()).toEqual([])
  })

  it('is followed by one that only reverts, and asks no probe', async () => {
    const before = world.footprint()
    const suite = suiteOf([stepOf(partition, { durationMs: 60_000 })], {
      probes: [
        probeOf('ready', {
          source: { type: 'kubernetes', selector: 'app=jadevectordb', read: { what: 'ready' } },
          tolerance: { kind: 'value', value: 3 },
        }),
      ],
    })
    const dead = await dieIn(world, 'holding', suite)
    await world.pass(61_000)
    let asked = 0
    const reaper = engineWith(() => {
      asked++
      return 'hangs'
    }, 'reaper')
    const { runs } = await world.play(reapRuns(reaper, [dead]))
    expect(runs).toMatchObject([{ status: 'aborted', abort: { reason: 'driver_lost' }, orphans: 0 }])
    expect(asked).toBe(0)
    await world.pass(60_000)
    expect(world.footprint()).toEqual(before)
  })
})
