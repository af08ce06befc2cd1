import { describe, expect, it } from '@jest/globals'
import { gaugesOf } from '../../lib/domain/gauges.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import { familiesOf, observation } from '../../lib/domain/metrics.ts'
import type { ProbeSample, ProbeSpec, Tolerance } from '../../lib/domain/probe.ts'
import type { Run } from '../../lib/domain/run.ts'
import { totalsOf } from '../../lib/domain/totals.ts'
import type { RunEvent } from '../../lib/domain/transition.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../support/runs.ts'
import { memory, partition, stepOf, suiteOf } from '../support/suites.ts'

const place = { cluster_uid: 'cluster-uid', namespace: 'jadevectordb-system' }
const own = { ...place, suite: 'Example', run: 'example-20260105-090000-abcdefgh' }
const suite = suiteOf([stepOf(partition), stepOf(memory)])
const bitten = { phase: 'during', at: 0, finding: 'yes', summary: 'cut', measurements: [] } as const

const outcome = (n: number, status: 'active' | 'failed' | 'no_effect') => ({ n, status, reason: null, measurements: [] })
const toHolding: readonly (readonly [RunEvent, number])[] = [
  [{ type: 'admitted', baseline: { ready: 3, total: 3 } }, 1_000],
  [{ type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: ['db-0'], warnings: [] }, 2_000],
  [{ type: 'injected', outcomes: [outcome(0, 'active'), outcome(1, 'active')] }, 2_750],
]
const toRecovering: readonly (readonly [RunEvent, number])[] = [
  ...toHolding,
  [{ type: 'rechecked', outcomes: [] }, 7_750],
  [{ type: 'hold_over' }, 12_750],
  [{ type: 'reverted', summaries: [], probes: [] }, 13_150],
]

function play(events: readonly (readonly [RunEvent, number])[], run: Run = requestedRun(suite)): Run {
  return events.reduce((r, [event, now]) => transition(r, event, now), run)
}

/** `metric{distinguishing label} field=amount …` of what the last event added, in short. */
function added(run: Run, injections: Parameters<typeof totalsOf>[2] = []): readonly string[] {
  return totalsOf(run, run.events, injections).added.map(({ metric, labels, amounts }) => {
    const { cluster_uid, namespace, ...rest } = labels
    expect({ cluster_uid, namespace }).toEqual(place)
    const value = amounts.value ?? `${amounts.sum} s`
    return `${metric} ${Object.values(rest).join(' ')}: ${value}`
  })
}

describe('what events add to the totals', () => {
  it('an injection: what became of each, and how long until it bit', () => {
    expect(added(play(toHolding))).toEqual([
      'chaos_faults_injected_total network_partition: 2',
      'chaos_inject_lateness_seconds network_partition: 0.75 s',
    ])
    const outcomes = [outcome(0, 'active'), outcome(1, 'failed'), outcome(2, 'no_effect'), outcome(3, 'no_effect')]
    expect(added(play([...toHolding.slice(0, 2), [{ type: 'injected', outcomes }, 3_000]]))).toEqual([
      'chaos_faults_injected_total network_partition: 1',
      'chaos_faults_failed_total network_partition: 1',
      'chaos_faults_no_effect_total network_partition: 2',
    ])
  })

  it('a fault that ended early: one without effect', () => {
    const outcomes = [
      { n: 0, finding: 'yes', summary: '' },
      { n: 1, finding: 'no', summary: '' },
    ] as const
    expect(added(play([...toHolding, [{ type: 'rechecked', outcomes }, 9_000]]))).toEqual([
      'chaos_faults_no_effect_total network_partition: 1',
    ])
  })

  it('a revert: what was undone, how long it lasted, and how late that was', () => {
    const injections = [
      { step: 0, evidence: [bitten] },
      { step: 0, evidence: [] },
      { step: 1, evidence: [bitten] },
    ]
    expect(added(play(toRecovering), injections)).toEqual([
      'chaos_faults_reverted_total network_partition: 1',
      'chaos_experiment_duration_seconds network_partition: 10.4 s',
      'chaos_revert_lateness_seconds network_partition: 0.4 s',
    ])
  })

  it('a revert: how long it took until a probe noticed, of the first that did', () => {
    const summary = { probe: 'p', asked: 5, within: 3, unknown: 0, min: 0, max: 1, last: 1, worst: 1 }
    const probes = [
      { ...summary, firstOutAt: 9_000 },
      { ...summary, probe: 'q', firstOutAt: 5_250 },
      { ...summary, probe: 'r', firstOutAt: null },
    ]
    const run = play([...toRecovering.slice(0, -1), [{ type: 'reverted', summaries: [], probes }, 13_150]])
    expect(added(run)).toContain('chaos_detection_seconds network_partition: 2.5 s')
  })

  it('an aborted fault has no planned end to be late for', () => {
    const abort: RunEvent = { type: 'abort', abort: { reason: 'asked', at: 4_000, by: 'ada', detail: 'enough' } }
    const run = play([...toHolding, [abort, 4_000], [{ type: 'reverted', summaries: [], probes: [] }, 4_500]])
    expect(added(run)).toEqual(['chaos_experiment_duration_seconds network_partition: 1.75 s'])
  })

  it('a recovery: how long it took', () => {
    const run = play([...toRecovering, [{ type: 'recovered', message: '', probes: [] }, 15_150]])
    expect(added(run)).toEqual(['chaos_recovery_seconds network_partition: 2 s'])
  })

  it('the end: every experiment with its verdict, orphans, and when it was', () => {
    const abort: RunEvent = { type: 'abort', abort: { reason: 'asked', at: 14_000, by: 'ada', detail: 'enough' } }
    const run = play([
      ...toRecovering,
      [abort, 14_000],
      [{ type: 'reverted', summaries: [], probes: [] }, 14_500],
      [{ type: 'verified', orphans: ['Job a'] }, 20_000],
    ])
    expect(added(run)).toEqual([
      'chaos_experiments_total test Example network_partition aborted: 1',
      'chaos_experiments_total test Example resource_exhaustion skipped: 1',
      'chaos_orphans_total Example: 1',
    ])
    expect(totalsOf(run, run.events, []).set).toEqual([
      { metric: 'chaos_last_run_timestamp_seconds', labels: { ...place, suite: 'Example' }, amounts: { value: 20 } },
    ])
  })

  it('a refusal: its experiments as refused, and no last run', () => {
    const run = play([[{ type: 'refused', refusals: [{ code: 'halted', step: null, message: 'halted' }] }, 1_000]])
    expect(added(run)).toEqual([
      'chaos_experiments_total test Example network_partition refused: 1',
      'chaos_experiments_total test Example resource_exhaustion refused: 1',
      'chaos_orphans_total Example: 0',
    ])
    expect(totalsOf(run, run.events, []).set).toEqual([])
  })

  it('everything else: nothing', () => {
    expect(added(play(toHolding.slice(0, 2)))).toEqual([])
    expect(totalsOf(play(toHolding), [], [])).toEqual({ added: [], set: [] })
  })
})

describe('the gauges of a run', () => {
  const short = (state: Parameters<typeof gaugesOf>[0]) =>
    Object.fromEntries(
      gaugesOf(state).map(({ metric, labels, amounts }) => [
        `${metric} ${labels.experiment_type ?? labels.probe ?? ''}`.trim(),
        amounts.value,
      ]),
    )
  const injection = (status: Injection['status'], step = 0) => ({ step, status })

  it.each([
    ['planned', 0],
    ['injecting', 1],
    ['active', 1],
    ['no_effect', 1],
    ['failed', 1],
    ['reverting', 1],
    ['reverted', 0],
  ] as const)('call a fault active from the first touch to the proof: %s', (status, value) => {
    expect(short({ run: play(toHolding), injections: [injection(status)], samples: [] })).toEqual({
      'chaos_experiment_active network_partition': value,
      'chaos_experiment_active resource_exhaustion': 0,
      chaos_run_deadline_timestamp_seconds: 600,
      chaos_revert_unproven: 0,
    })
  })

  it('bear the names of suite, cluster, namespace and run', () => {
    const [active, , deadline] = gaugesOf({ run: play(toHolding), injections: [], samples: [] })
    expect(active?.labels).toEqual({ ...own, cluster: 'test', experiment_type: 'network_partition' })
    expect(deadline?.labels).toEqual(own)
  })

  it('say that an undo is not proven, and end with the run', () => {
    const reverting = play([...toHolding, [{ type: 'hold_over' }, 12_750], [{ type: 'undo_unproven', messages: ['still cut'] }, 15_000]])
    expect(short({ run: reverting, injections: [injection('reverting')], samples: [] })).toMatchObject({
      'chaos_experiment_active network_partition': 1,
      chaos_revert_unproven: 1,
    })
    const ended = play([[{ type: 'resolved', by: 'ada', why: 'scrap' }, 16_000]], reverting)
    expect(short({ run: ended, injections: [injection('reverting')], samples: [] })).toEqual({
      'chaos_experiment_active network_partition': 0,
      'chaos_experiment_active resource_exhaustion': 0,
      chaos_run_deadline_timestamp_seconds: 0,
      chaos_revert_unproven: 0,
    })
  })

  const probe = (name: string, tolerance: Tolerance) => ({ name, tolerance }) as ProbeSpec
  const sample = (name: string, value: ProbeSample['value'], within: boolean | null) => ({ probe: name, value, within }) as ProbeSample

  it('say the last value of each probe, its tolerance, and whether it is within', () => {
    const probes = [
      probe('ratio', { kind: 'comparison', op: '<', value: 0.1 }),
      probe('ready', { kind: 'range', min: 2, max: 3 }),
      probe('body', { kind: 'regex', pattern: 'ok' }),
      probe('silent', { kind: 'value', value: 200 }),
    ]
    const run = play(toHolding, requestedRun({ ...suite, probes }))
    const samples = [sample('ratio', 0.25, false), sample('ready', 3, true), sample('body', 'ok', true), sample('silent', null, null)]
    const gauges = short({ run, injections: [], samples })
    expect(Object.entries(gauges).filter(([name]) => name.startsWith('chaos_probe'))).toEqual([
      ['chaos_probe_value ratio', 0.25],
      ['chaos_probe_tolerance_max ratio', 0.1],
      ['chaos_probe_within ratio', 0],
      ['chaos_probe_value ready', 3],
      ['chaos_probe_tolerance_min ready', 2],
      ['chaos_probe_tolerance_max ready', 3],
      ['chaos_probe_within ready', 1],
      ['chaos_probe_within body', 1],
      ['chaos_probe_tolerance_min silent', 200],
      ['chaos_probe_tolerance_max silent', 200],
    ])
  })
})

describe('a histogram', () => {
  it('counts an observation in every bucket that it fits into', () => {
    const { amounts } = observation('chaos_recovery_seconds', place, 5)
    expect(amounts).toMatchObject({ sum: 5, count: 1, 'le=2': 0, 'le=5': 1, 'le=10': 1, 'le=600': 1 })
  })

  it('is exposed with its buckets in order, the last of them all', () => {
    const [family] = familiesOf([
      { metric: 'chaos_recovery_seconds', labels: place, amounts: { sum: 7.5, count: 3, 'le=0.5': 1, 'le=5': 2 } },
    ])
    expect(family?.samples.map(({ name, labels, value }) => `${name} ${labels.le ?? ''} ${value}`)).toEqual([
      'chaos_recovery_seconds_bucket 0.5 1',
      'chaos_recovery_seconds_bucket 1 0',
      'chaos_recovery_seconds_bucket 2 0',
      'chaos_recovery_seconds_bucket 5 2',
      'chaos_recovery_seconds_bucket 10 0',
      'chaos_recovery_seconds_bucket 20 0',
      'chaos_recovery_seconds_bucket 30 0',
      'chaos_recovery_seconds_bucket 60 0',
      'chaos_recovery_seconds_bucket 120 0',
      'chaos_recovery_seconds_bucket 300 0',
      'chaos_recovery_seconds_bucket 600 0',
      'chaos_recovery_seconds_bucket +Inf 3',
      'chaos_recovery_seconds_sum  7.5',
      'chaos_recovery_seconds_count  3',
    ])
  })
})
