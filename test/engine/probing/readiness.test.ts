import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { noticesOf } from '../../../lib/domain/notices.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { drive } from '../../../lib/engine/drive.ts'
import type { Engine } from '../../../lib/engine/engine.ts'
import { reportDocument } from '../../../lib/report/document.ts'
import { chartData } from '../../../lib/report/html/chart-data.ts'
import { markdownReport } from '../../../lib/report/markdown.ts'
import { recordOf } from '../../../lib/report/record.ts'
import { textReport } from '../../../lib/report/text.ts'
import { fakeProbes, probeOf } from '../../support/probes.ts'
import { anyPod, partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const allGone = stepOf(podDelete, { blastRadius: 'all', targets: { ...anyPod, count: null, percent: 100 } })

describe('a run without probes', () => {
  it('records how many pods are ready, and tells everywhere how few they were and for how long', async () => {
    const run = await world.run(world.engine(), suiteOf([allGone, stepOf(partition)]))
    const record = await recordOf(world.store, run)
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ readiness: { fewest: 0, of: 3 }, score: null }, { readiness: { of: 3 } }] })
    const forMs = run.steps[0]?.readiness?.forMs ?? 0
    const recovered = record.history.find(({ type, step }) => type === 'recovered' && step === 0)
    const said = `0 of 3 pods were ready for ${Math.round(forMs / 1000)} s`
    expect(forMs).toBeGreaterThan(1_000)
    expect(recovered?.message).toContain(`; ${said}`)
    expect(noticesOf(run, record.history, record.injections).find(({ kind }) => kind === 'fault.recovered')?.message).toContain(said)
    expect(textReport(record)).toContain(`  readiness   ${said}\n`)
    const document = reportDocument(record)
    expect(document).toMatchObject({ probes: [], readiness: { name: 'ready pods', allowed: '>= 3' } })
    expect(markdownReport(document)).toMatch(/ready 0 of 3 for /)
    const [chart] = chartData(document).probes
    expect(chart).toMatchObject({ name: 'ready pods', min: 3 })
    expect(chart?.answers.values).toEqual(expect.arrayContaining([0, 3]))
  })

  it('counts for each step of a group until all of it is over, and no longer than few were ready', async () => {
    let downUntil = 0
    const together = { group: 'both', delayMs: 0, after: [] }
    const one = { together, blastRadius: 'all', targets: { ...anyPod, count: 1, percent: null } } as const
    const short = stepOf(partition, { name: 'short', durationMs: 5_000, ...one })
    const long = stepOf(partition, { name: 'long', durationMs: 40_000, ...one })
    const engine = world.engine('driver-1', {
      probes: fakeProbes(() => (world.clock.now() < downUntil ? 2 : 3)),
      observe: (progress) => {
        if (progress.kind === 'event' && progress.event.type === 'injected' && downUntil === 0) downUntil = world.clock.now() + 6_000
      },
    })
    const run = await world.run(engine, suiteOf([short, long]))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ readiness: { fewest: 2 } }, { readiness: { fewest: 2 } }] })
    expect(run.steps[0]?.readiness?.forMs).toBeLessThanOrEqual(11_000)
  })

  it('is not judged by it: that nothing can be counted is no reason', async () => {
    const run = await world.run(world.engine('driver-1', { probes: fakeProbes(() => 'refuses') }), suiteOf([stepOf(partition)]))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ reasons: [], score: null, probes: [] }] })
    expect(run.steps[0]).not.toHaveProperty('readiness')
  })

  it('is not judged by it: nor that few are ready', async () => {
    const run = await world.run(world.engine('driver-1', { probes: fakeProbes(() => 1) }), suiteOf([stepOf(partition)]))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ reasons: [], detectedAt: null, readiness: { fewest: 1, of: 3 } }] })
  })
})

describe('a driver that goes on for another', () => {
  it('counts on from what that one stored', async () => {
    const gone: Promise<Run>[] = []
    let isHeld = false
    const first = world.engine('first', {
      probes: fakeProbes(() => 0),
      observe: ({ run }) => {
        if (run.status !== 'holding' || isHeld) return
        isHeld = true
        void world.clock.sleep(12_000).then(() => {
          gone.push(handOver(run.id, world.engine('second', { probes: fakeProbes(() => 2) })))
        })
      },
    })
    await expect(world.run(first, suiteOf([stepOf(partition, { durationMs: 40_000 })]))).rejects.toMatchObject({ code: 'lease_lost' })
    const [run] = await world.play(Promise.all(gone))
    expect(run).toMatchObject({ status: 'succeeded', steps: [{ readiness: { fewest: 0, of: 3 } }] })
    const forMs = run?.steps[0]?.readiness?.forMs ?? 0
    expect([forMs >= 10_000, forMs <= 18_000]).toEqual([true, true])
  })
})

/** As a driver does whose time is nearly up; the other one goes on while it is still there. */
async function handOver(runId: string, next: Engine): Promise<Run> {
  const run = await world.store.runs.load(runId)
  if (run === undefined) throw new Error('no run')
  await world.store.runs.save({ ...run, version: run.version + 1, handover: true, events: [] })
  return drive(next, runId)
}

describe('a run with probes', () => {
  it('is told by them alone', async () => {
    const probes = fakeProbes(() => 0)
    const run = await world.run(world.engine('driver-1', { probes }), suiteOf([stepOf(partition)], { probes: [probeOf('errors')] }))
    const samples = await world.store.samples.list(run.id)
    expect(new Set(samples.map(({ probe }) => probe))).toEqual(new Set(['errors']))
    expect(run.steps[0]).not.toHaveProperty('readiness')
  })
})
