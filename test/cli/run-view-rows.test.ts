import { describe, expect, it } from '@jest/globals'
import { initialState, type RunState } from '../../cli/view/run-state.ts'
import { render } from '../../cli/view/run-view.ts'
import type { ProbeSpec } from '../../lib/domain/probe.ts'
import type { Run } from '../../lib/domain/run.ts'
import { at, base, cut, cutDone, runWith } from '../report/records.ts'

const via = { kind: 'sandbox', url: 'http://127.0.0.1:40123' } as const
const [first] = base.suite.steps
if (first === undefined) throw new Error('no step')
const names = ['Partition', 'Delete pods', 'Kill', 'Crash', 'Drain', 'Memory', 'CPU', 'Disk', 'Bandwidth', 'Latency', 'Jitter', 'Loss']
const steps = names.map((name) => ({ ...first, name }))
const probe: ProbeSpec = {
  name: 'ready pods',
  source: { type: 'kubernetes', resource: 'pods', measure: 'ready_ratio', selector: null, namespace: null },
  tolerance: { kind: 'comparison', op: '>=', value: 0.5 },
  mode: 'continuous',
  intervalMs: 5_000,
  timeoutMs: 2_000,
  retries: 1,
  optional: false,
  weight: 1,
  unit: 'ratio',
} as unknown as ProbeSpec
const probes = [probe, { ...probe, name: 'latency' }, { ...probe, name: 'errors' }]
const sample = { at: at(10), step: 5, phase: 'during', value: 0.2, within: true, message: '' } as const

/** A run of twelve steps with three probes in the middle of its sixth, with all that there is to say. */
const busy: RunState = {
  ...initialState(
    runWith({
      status: 'holding',
      step: 5,
      revertAt: at(23),
      rechecked: false,
      suite: { ...base.suite, steps, probes } as Run['suite'],
      steps: names.map((name, i) => ({ ...cutDone, name, verdict: i < 5 ? 'succeeded' : i === 5 ? 'running' : 'pending' })),
      cluster: { uid: 'c1', name: 'faultline-sandbox', via, simulated: true },
    }),
  ),
  injections: [{ ...cut, step: 5 }],
  warnings: {
    5: ['needs the kernel module sch_netem on the targets: only seen there; without it the step fails before anything is changed'],
  },
  samples: {
    'ready pods': { ...sample, probe: 'ready pods' },
    latency: { ...sample, probe: 'latency' },
    errors: { ...sample, probe: 'errors', within: false },
  } as unknown as RunState['samples'],
}

describe('the live view on a terminal of few rows', () => {
  it.each([
    [80, 24],
    [80, 18],
    [120, 40],
    [60, 30],
    [40, 24],
  ])('of %i columns and %i rows shows suite, run, time, the step at work and what ends all chaos', (columns, rows) => {
    const lines = render(busy, at(13), { columns, rows: rows - 1 })
    expect(lines.length).toBeLessThan(rows)
    expect(lines[0]).toMatch(/^ Shop {2}13 s so far/)
    const text = lines.join('\n')
    expect(text).toContain(base.id)
    expect(text).toMatch(/ . Memory/)
    expect(text).toContain('app.kubernetes.io/managed-by=faultline')
    expect(text).toContain('errors')
  })

  it('gives up advice first, then steps that are far away, then probes that are as they should be', () => {
    const shown = (rows: number) => {
      const lines = render(busy, at(13), { columns: 80, rows })
      const has = (text: string) => lines.some((each) => each.includes(text))
      return [has('There is no reaper'), has('Partition'), has('latency'), has('Disk'), has('before')]
    }
    expect(shown(60)).toEqual([true, true, true, true, true])
    expect(shown(31)).toEqual([false, true, true, true, true])
    expect(shown(29)).toEqual([false, false, true, true, true])
    expect(shown(21)).toEqual([false, false, false, false, true])
    expect(shown(14)).toEqual([false, false, false, false, false])
  })

  it('keeps what the run has to say of an abort', () => {
    const run = runWith({ ...busy.run, abort: { reason: 'asked', at: at(12), by: 'ana', detail: 'customers notice' } } as Run)
    const lines = render({ ...busy, run }, at(13), { columns: 80, rows: 16 })
    expect(lines).toContain(' aborting (asked): customers notice')
  })

  it('reads a warning to its end', () => {
    const text = render(busy, at(13), { columns: 80 })
      .map((line) => line.trim())
      .join(' ')
    expect(text).toContain('without it the step fails before anything is changed')
  })

  it('cuts no name of a step or fault while there is room for it', () => {
    const name = 'Cut the primary off from its followers'
    const suite = { ...base.suite, steps: [{ ...first, name }] }
    const run = runWith({ ...busy.run, suite, steps: [{ ...cutDone, name }], status: 'resting', step: 0, until: at(30) } as Partial<Run>)
    const line = (columns: number) => render({ ...initialState(run) }, at(26), { columns }).find((each) => each.includes('Cut the'))
    expect(line(120)).toBe(` ✓ ${name}  network-partition  bit 20 s, undone +0.4 s, healthy +1.6 s`)
    expect(line(80)).toBe(' ✓ Cut the primary off from its follow…  bit 20 s, undone +0.4 s, healthy +1.6 s')
  })
})
