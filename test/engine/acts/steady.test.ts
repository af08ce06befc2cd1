import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { ProbeSpec } from '../../../lib/domain/probe.ts'
import { reasonTexts } from '../../../lib/domain/reason.ts'
import type { Run } from '../../../lib/domain/run.ts'
import type { Suite } from '../../../lib/domain/suite.ts'
import { fakeProbes, probeOf, type Said } from '../../support/probes.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const steps = [stepOf(partition), stepOf(podDelete)]
const suiteWith = (probes: readonly ProbeSpec[], change: Partial<Suite> = {}) => suiteOf(steps, { probes, ...change })

/** Runs the suite; `say` is told the state the run is in. */
async function runWith(suite: Suite, say: (status: Run['status'], probe: ProbeSpec) => Said): Promise<Run> {
  let status: Run['status'] = 'requested'
  const engine = world.engine('driver-1', {
    probes: fakeProbes((probe) => say(status, probe)),
    observe: ({ run }) => {
      status = run.status
    },
  })
  return world.run(engine, suite)
}

describe('before the start', () => {
  it('a suite that is not steady is refused with what was measured, one refusal for each probe, and nothing is touched', async () => {
    const before = world.footprint()
    const probes = [probeOf('errors', { unit: '%' }), probeOf('slow', { unit: 's' }), probeOf('fine')]
    const run = await runWith(suiteWith(probes), (_, { name }) => (name === 'errors' ? 7 : name === 'slow' ? 0.25 : 0))
    expect(run).toMatchObject({
      status: 'refused',
      refusals: [
        { code: 'unsteady', step: null, message: 'not steady before the start: probe errors measured 7 %; allowed: <= 0.1' },
        { code: 'unsteady', step: null, message: 'not steady before the start: probe slow measured 0.25 s; allowed: <= 0.1' },
      ],
    })
    expect(world.footprint()).toEqual(before)
    const samples = await world.store.samples.list(run.id)
    expect(samples.map(({ probe, phase, step, within }) => [probe, phase, step, within])).toEqual([
      ['errors', 'before', null, false],
      ['slow', 'before', null, false],
      ['fine', 'before', null, true],
    ])
  })

  it('a probe that measures nothing refuses the start after its retries', async () => {
    let asked = 0
    const run = await runWith(suiteWith([probeOf('errors', { retries: 2 })]), () => {
      asked++
      return 'refuses'
    })
    expect(asked).toBe(3)
    expect(run).toMatchObject({
      status: 'refused',
      refusals: [
        { code: 'unsteady', message: 'the steady state is unknown before the start: probe errors measured nothing: connection refused' },
      ],
    })
  })

  it('a probe that answers at the second try lets the run begin', async () => {
    let asked = 0
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'before', retries: 1 })]), () => (++asked === 1 ? 'refuses' : 0))
    expect(run.status).toBe('succeeded')
  })

  it('a query that makes no sense refuses the start in Prometheus’ words, also when it is asked only later', async () => {
    const run = await runWith(suiteWith([probeOf('later', { mode: 'after' })]), () => 'senseless')
    expect(run).toMatchObject({
      status: 'refused',
      refusals: [{ message: 'probe later cannot be asked: Prometheus says: parse error: unclosed left parenthesis' }],
    })
  })

  it('a probe that is asked only later need not be within tolerance', async () => {
    const run = await runWith(suiteWith([probeOf('later', { mode: 'after' })]), (status) => (status === 'requested' ? 1 : 0))
    expect(run.status).toBe('succeeded')
  })
})

describe('while a fault is active', () => {
  it('one answer out of tolerance fails the step with what, when and how bad; the next step goes on', async () => {
    let n = 0
    const run = await runWith(suiteWith([probeOf('errors')]), (status) => (status === 'holding' && ++n === 3 ? 0.4 : 0))
    expect(run.status).toBe('failed')
    expect(run.steps.map((step) => step.verdict)).toEqual(['failed', 'succeeded'])
    const [first, second] = run.steps
    expect(reasonTexts(first ?? { reasons: [] })).toEqual([
      expect.stringMatching(
        /^steady state deviated: probe errors was out of tolerance in 1 of \d+ answers, first 4\.\d s after the fault was active, at worst 0\.4 \(allowed: <= 0\.1\)$/,
      ),
    ])
    expect((first?.detectedAt ?? 0) - (first?.activeAt ?? 0)).toBeGreaterThanOrEqual(4_000)
    expect((first?.detectedAt ?? 0) - (first?.activeAt ?? 0)).toBeLessThan(5_000)
    const [summary] = first?.probes ?? []
    expect(first?.score).toBe(Math.round((10_000 * (summary?.within ?? 0)) / (summary?.asked ?? 1)) / 100)
    expect(second).toMatchObject({ score: 100, detectedAt: null, steady: 'yes' })
  })

  it('an answer comes at once when the fault bites, however long the interval is', async () => {
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'during', intervalMs: 3_600_000 })]), () => 0)
    expect(run.steps.map(({ probes, score }) => [probes[0]?.asked, score])).toEqual([
      [1, 100],
      [1, 100],
    ])
  })

  it('a probe that never measures makes the step unknown, which is no pass', async () => {
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'during' })]), (status) => (status === 'requested' ? 0 : 'refuses'))
    expect(run.status).toBe('failed')
    expect(run.steps[0]).toMatchObject({
      verdict: 'failed',
      score: 0,
      reasons: [{ code: 'steady_state_unknown', detail: 'probe errors measured nothing while the fault was active' }],
    })
  })

  it('single answers that are missing are told and cost score', async () => {
    let n = 0
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'during' })]), (status) =>
      status === 'holding' && ++n === 2 ? 'refuses' : 0,
    )
    expect(run.status).toBe('succeeded')
    expect(run.steps[0]?.reasons).toEqual([
      { code: 'probe_incomplete', detail: expect.stringMatching(/^probe errors measured nothing in 1 of \d+ tries$/) },
    ])
    expect(run.steps[0]?.score).toBeLessThan(100)
  })
})

describe('after a fault', () => {
  it('the steady state may take as long as a recovery may, and the time is kept', async () => {
    let since = 0
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'edge' })]), (status) => {
      if (status === 'requested') return 0
      since ||= world.clock.now()
      return world.clock.now() - since < 20_000 ? 0.5 : 0
    })
    expect(run.status).toBe('succeeded')
    const [first] = run.steps
    expect(first).toMatchObject({ steady: 'yes' })
    expect((first?.steadyAt ?? 0) - (first?.recoveredAt ?? 0)).toBeGreaterThanOrEqual(20_000)
  })

  it('a deviation that stays fails the step and ends the run', async () => {
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'edge' })]), (status) => (status === 'requested' ? 0 : 0.5))
    expect(run.status).toBe('failed')
    expect(run.steps.map((step) => step.verdict)).toEqual(['failed', 'skipped'])
    expect(run.steps[0]).toMatchObject({
      steady: 'no',
      steadyAt: null,
      reasons: [
        { code: 'steady_state_deviated', detail: 'probe errors still measured 0.5 (allowed: <= 0.1) when 60 s of recovery were over' },
      ],
    })
  })

  it('no run waits for a probe that measures nothing: unknown is no pass', async () => {
    const run = await runWith(suiteWith([probeOf('errors', { mode: 'edge' })]), (status) => (status === 'requested' ? 0 : 'refuses'))
    expect(run.steps[0]).toMatchObject({
      verdict: 'failed',
      steady: 'unknown',
      reasons: [{ code: 'steady_state_unknown_after', detail: 'probe errors measured nothing: connection refused' }],
    })
    expect(run.steps[1]?.verdict).toBe('skipped')
  })
})
