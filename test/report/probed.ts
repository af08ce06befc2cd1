import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { ProbeSample, ThresholdCrossing } from '../../lib/domain/probe.ts'
import type { Ended } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { probeOf, thresholdOf } from '../support/probes.ts'
import { aborted, at, cutDone, suite } from './records.ts'

/** The suite of the other records, with two probes and a threshold. */
export const probedSuite: Suite = {
  ...suite,
  hypothesis: 'No user notices.',
  probes: [probeOf('errors', { unit: 'ratio' }), probeOf('ready', { mode: 'edge', unit: 'pods', tolerance: { kind: 'value', value: 3 } })],
  thresholds: [thresholdOf('errors', { forMs: 4_000 })],
}

export function sampleOf(seconds: number, change: Partial<ProbeSample> = {}): ProbeSample {
  return { probe: 'errors', at: at(seconds), step: 0, phase: 'during', value: 0, within: true, message: 'one value', tookMs: 4, ...change }
}

export const samples: readonly ProbeSample[] = [
  sampleOf(0, { step: null, phase: 'before', value: 0.01 }),
  sampleOf(0, { probe: 'ready', step: null, phase: 'before', value: 3 }),
  sampleOf(5),
  sampleOf(7, { value: 0.4, within: false }),
  sampleOf(9, { value: null, within: null, message: 'no answer within 1 s' }),
]

const crossing: ThresholdCrossing = {
  threshold: 'errors is high',
  probe: 'errors',
  value: 0.4,
  op: '>',
  limit: 0.1,
  forMs: 4_000,
  severity: 'critical',
  action: 'abort',
  since: at(7),
}

export const crossings: readonly HistoryEvent[] = [
  { version: 8, n: 0, at: at(11), type: 'threshold_crossed', step: 0, message: 'crossed', data: { ...crossing } },
  { version: 9, n: 0, at: at(14), type: 'threshold_recovered', step: 0, message: 'recovered', data: { ...crossing, value: 0 } },
]

const [, second] = aborted.steps

/** Its first step noticed, its second was aborted. */
export const probed: Ended = {
  ...aborted,
  suite: probedSuite,
  steps: [
    {
      ...cutDone,
      verdict: 'failed',
      score: 66.67,
      detectedAt: at(7),
      steady: 'yes',
      steadyAt: at(26),
      probes: [{ probe: 'errors', asked: 3, within: 1, unknown: 1, min: 0, max: 0.4, last: 0.4, firstOutAt: at(7), worst: 0.4 }],
    },
    ...(second === undefined ? [] : [second]),
  ],
}
