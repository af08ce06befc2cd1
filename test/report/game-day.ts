import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Evidence, Injection, Measurement, Target } from '../../lib/domain/injection.ts'
import type { ProbeSample, ProbeSpec, ProbeSummary, ThresholdCrossing, ThresholdSpec } from '../../lib/domain/probe.ts'
import type { Ended, StepRecord } from '../../lib/domain/run.ts'
import { untouchedStep } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { isWithin } from '../../lib/domain/tolerance.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { deletionUndo } from '../support/undo-data.ts'
import { at, base } from './records.ts'

const probeDefaults = { mode: 'continuous', intervalMs: 5_000, timeoutMs: 2_000, retries: 1, optional: false } as const

const errorRatio: ProbeSpec = {
  ...probeDefaults,
  name: 'error ratio',
  source: {
    type: 'prometheus',
    url: null,
    query: 'sum(rate(jadevectordb_requests_total{status=~"5.."}[1m])) / sum(rate(jadevectordb_requests_total[1m]))',
    range: null,
    whenEmpty: 0,
  },
  tolerance: { kind: 'comparison', op: '<=', value: 0.05 },
  weight: 3,
  unit: 'ratio',
}

const latency: ProbeSpec = {
  ...probeDefaults,
  name: 'p95 latency',
  source: {
    type: 'http',
    url: 'http://shop.example/health',
    method: 'GET',
    headers: { authorization: 'Bearer secret-token' },
    body: null,
    read: { what: 'latency' },
  },
  tolerance: { kind: 'range', min: 0, max: 400 },
  weight: 2,
  unit: 'ms',
}

const readyPods: ProbeSpec = {
  ...probeDefaults,
  name: 'ready pods',
  source: { type: 'kubernetes', selector: 'app=shop', read: { what: 'ready' } },
  tolerance: { kind: 'comparison', op: '>=', value: 2 },
  weight: 1,
  unit: '',
}

const answer: ProbeSpec = {
  ...probeDefaults,
  name: 'health answer',
  source: {
    ...latency.source,
    type: 'http',
    url: 'http://shop.example/health',
    method: 'GET',
    headers: {},
    body: null,
    read: { what: 'body' },
  },
  tolerance: { kind: 'regex', pattern: '^ok' },
  weight: 1,
  unit: '',
}

const tooManyErrors: ThresholdSpec = {
  name: 'too many errors',
  probe: 'error ratio',
  op: '>',
  limit: 0.2,
  forMs: 10_000,
  severity: 'critical',
  action: 'abort',
}

const slow: ThresholdSpec = { name: 'slow', probe: 'p95 latency', op: '>', limit: 600, forMs: 0, severity: 'warning', action: 'notify' }

const parsed = parseSuite(
  JSON.stringify({
    name: 'Shop game day',
    description: 'The shop loses a third of its pods, its network and its memory, one after the other.',
    namespace: 'shop',
    selector: 'app=shop',
    gracePeriod: { before: 10, after: 5 },
    experiments: [
      { name: 'Kill a third', type: 'node_failure', params: { failure_type: 'pod-kill' }, duration: 60, interval: 20 },
      { name: 'Cut the network', type: 'network_partition', params: { partition_type: 'random' }, duration: 60, interval: 20 },
      {
        name: 'Squeeze memory',
        type: 'resource_exhaustion',
        params: { resource_type: 'memory', intensity: 'medium' },
        duration: 60,
        interval: 20,
      },
      { name: 'Fill the disk', type: 'resource_exhaustion', params: { resource_type: 'disk', intensity: 'low' }, duration: 60 },
    ],
  }),
  'shop.json',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))

const suite: Suite = {
  ...parsed.suite,
  hypothesis: 'Customers notice nothing: fewer than 5 % of the requests fail, and answers come within 400 ms.',
  probes: [errorRatio, latency, readyPods, answer],
  thresholds: [tooManyErrors, slow],
}

/** Values by second of the run, as [from, value]; null where nothing could be measured. */
type Course = readonly (readonly [number, number | string | null])[]

const courses: readonly (readonly [ProbeSpec, Course])[] = [
  [errorRatio, [[0, 0.002], [15, 0.012], [20, 0.044],
      [25, 0.036], [30, 0.031], [35, 0.012], [45, 0.004], [95, 0.018], [105, 0.031], [130, 0.026], [160, 0.003], [190, 0.12], [195, 0.24], [200, 0.31], [205, 0.37], [210, 0.22], [215, 0.06], [220, 0.004]]],
  [latency, [[0, 84], [5, 91], [10, 88], [15, 210], [20, 380], [25, 340], [30, 190], [35, 120], [40, 96], [95, 260], [100, 310], [105, 290], [110, null], [115, null], [120, 330], [150, 280], [160, 92], [185, 240], [190, 450], [195, 520], [200, 680], [205, 790], [210, 540], [215, 180], [220, 95]]],
  [readyPods, [[0, 3], [15, 2], [40, 3], [185, 3], [200, 2], [205, 1], [210, 2], [215, 3]]],
  [answer, [[0, 'ok'], [200, 'degraded'], [215, 'ok']]],
] // biome-ignore format: courses

function stepAt(second: number): number | null {
  if (second < 10) return null
  return second < 94 ? 0 : second < 184 ? 1 : second < 220 ? 2 : null
}

function sample(probe: ProbeSpec, second: number, value: number | string | null): ProbeSample {
  const step = stepAt(second)
  return {
    probe: probe.name,
    at: at(second),
    step,
    phase: second < 12 ? 'before' : second > 215 ? 'after' : 'during',
    value,
    within: value === null ? null : isWithin(probe.tolerance, value),
    message: value === null ? 'no answer within 2 s' : `${value}`,
    tookMs: value === null ? 2_000 : 12,
  }
}

const samples = courses
  .flatMap(([probe, course]) =>
    Array.from({ length: 45 }, (_, i) => i * 5).map((second) =>
      sample(probe, second, course.filter(([from]) => from <= second).at(-1)?.[1] ?? null),
    ),
  )
  .sort((a, b) => a.at - b.at)

function summary(probe: ProbeSpec, step: number): ProbeSummary {
  const answers = samples.filter((s) => s.probe === probe.name && s.step === step && s.phase === 'during')
  const numbers = answers.flatMap(({ value }) => (typeof value === 'number' ? [value] : []))
  const out = answers.filter(({ within }) => within === false)
  return {
    probe: probe.name,
    asked: answers.length,
    within: answers.filter(({ within }) => within === true).length,
    unknown: answers.filter(({ within }) => within === null).length,
    min: numbers.length === 0 ? null : Math.min(...numbers),
    max: numbers.length === 0 ? null : Math.max(...numbers),
    last: answers.at(-1)?.value ?? null,
    firstOutAt: out[0]?.at ?? null,
    worst:
      out.length === 0
        ? null
        : (out
            .map(({ value }) => value)
            .sort()
            .at(probe === readyPods ? 0 : -1) ?? null),
  }
}

const summaries = (step: number) => suite.probes.map((probe) => summary(probe, step))

const steps: readonly StepRecord[] = [
  { ...untouchedStep, name: 'Kill a third', verdict: 'succeeded', plannedAt: at(10), activeAt: at(13.2), plannedEnd: at(73.2), revertedAt: at(73.6), recoveredAt: at(76.1), probes: summaries(0), score: 100, steady: 'yes', steadyAt: at(80) },
  { ...untouchedStep, name: 'Cut the network', verdict: 'succeeded', reasons: [{ code: 'probe_incomplete', detail: 'probe p95 latency measured nothing in 2 of 18 tries' }], plannedAt: at(94), activeAt: at(96.4), plannedEnd: at(156.4), revertedAt: at(157.1), recoveredAt: at(163.2), probes: summaries(1), score: 96.83, steady: 'yes', steadyAt: at(165) },
  { ...untouchedStep, name: 'Squeeze memory', verdict: 'aborted', reasons: [{ code: 'aborted', detail: 'too many errors (error ratio > 0.2 for 10 s): it is 0.37' }], plannedAt: at(184), activeAt: at(186.9), plannedEnd: at(246.9), revertedAt: at(209.3), probes: summaries(2), score: 34.69, detectedAt: at(190), steady: null },
  { ...untouchedStep, name: 'Fill the disk', verdict: 'skipped' },
] // biome-ignore format: steps

const pod = (n: number): Target => ({
  kind: 'Pod',
  namespace: 'shop',
  name: `shop-7d9c6bf5d4-x${n}kqz`,
  uid: `5f0d8a52-6a0e-4d2b-9f39-0f6f3e6f000${n}`,
  node: `ip-10-0-${n}-17.eu-central-1.compute.internal`,
  container: { name: 'shop', id: `containerd://${n}` },
})

const figures = (n: number, name: string, unit: string, value: number | string): Measurement => ({ target: pod(n).name, name, unit, value })
const evidence = (phase: Evidence['phase'], seconds: number, summaryText: string, measurements: readonly Measurement[]): Evidence => ({
  phase,
  at: at(seconds),
  finding: phase === 'before' ? 'no' : 'yes',
  summary: summaryText,
  measurements,
})

function injection(step: number, rest: Pick<Injection, 'fault' | 'targets' | 'evidence' | 'armed'> & Partial<Injection>): Injection {
  return {
    runId: base.id,
    step,
    n: 0,
    version: 6,
    undo: deletionUndo(),
    fuse: rest.armed === null ? null : { ...rest.armed, pod: null },
    status: 'reverted',
    reason: null,
    expiresAt: at(300),
    ...rest,
  }
}

const fuse = (n: number, burns: number) => ({
  namespace: 'faultline-injectors',
  name: `faultline-shop-${n}-0`,
  uid: `c0ffee00-0000-4000-8000-00000000000${n}`,
  burnsAt: at(burns),
})

const injections: readonly Injection[] = [
  injection(0, { fault: 'pod-kill', targets: [pod(1)], armed: null, evidence: [
    evidence('before', 10, 'the container runs', [figures(1, 'restarts', 'count', 0)]),
    evidence('during', 13.2, 'the main process was killed (exit code 137)', [figures(1, 'restarts', 'count', 1)]),
    evidence('end', 72.5, 'the main process was killed (exit code 137)', [figures(1, 'restarts', 'count', 1)]),
    evidence('after', 73.6, 'the container is Ready again; nothing of the injector is left', [figures(1, 'restarts', 'count', 1)]),
  ] }),
  injection(1, { fault: 'network-partition', targets: [pod(2)], armed: fuse(1, 187), evidence: [
    evidence('before', 94, 'not cut yet', [figures(2, 'canary', '', 'open')]),
    evidence('during', 96.4, 'new connections are refused', [figures(2, 'canary', '', 'closed')]),
    evidence('end', 155.6, 'new connections are refused', [figures(2, 'canary', '', 'closed')]),
    evidence('after', 157.1, 'fuse, policy and labels are gone; the canary answers', [figures(2, 'canary', '', 'open')]),
  ] }),
  injection(2, { fault: 'memory-exhaustion', targets: [pod(1), pod(3)], armed: fuse(2, 277), evidence: [
    evidence('during', 186.9, 'memory is taken inside the cgroups of the targets', [
      figures(1, 'before memory', 'MiB', 142.4), figures(3, 'before memory', 'MiB', 139.8), figures(1, 'memory', 'MiB', 398.1), figures(3, 'memory', 'MiB', 401.7),
    ]),
    evidence('after', 209.3, 'the stressors are gone and the memory is given back', [figures(1, 'memory', 'MiB', 141.9), figures(3, 'memory', 'MiB', 140.2)]),
  ] }),
] // biome-ignore format: evidence

const crossing = (threshold: ThresholdSpec, since: number, value: number): ThresholdCrossing => {
  const { name, ...rest } = threshold
  return { threshold: name, ...rest, value, since: at(since) }
}

const history: readonly HistoryEvent[] = [
  { version: 1, n: 0, at: at(0), type: 'requested', step: null, message: 'requested by ana@desk (manual k)' },
  { version: 3, n: 0, at: at(2), type: 'admitted', step: null, message: 'admitted: 3 of 3 pods are ready' },
  { version: 5, n: 0, at: at(13.2), type: 'injected', step: 0, message: 'injection 0: active' },
  { version: 8, n: 0, at: at(73.6), type: 'reverted', step: 0, message: 'undone, with proof: the container is Ready again' },
  { version: 12, n: 0, at: at(96.4), type: 'injected', step: 1, message: 'injection 0: active' },
  { version: 15, n: 0, at: at(157.1), type: 'reverted', step: 1, message: 'undone, with proof: fuse, policy and labels are gone' },
  { version: 19, n: 0, at: at(186.9), type: 'injected', step: 2, message: 'injection 0: active' },
  { version: 20, n: 0, at: at(200), type: 'threshold_crossed', step: 2, message: 'threshold slow: p95 latency is 680 ms, more than 600', data: { ...crossing(slow, 200, 680) } },
  { version: 21, n: 0, at: at(205), type: 'threshold_crossed', step: 2, message: 'threshold too many errors: error ratio is 0.37, more than 0.2 for 10 s', data: { ...crossing(tooManyErrors, 195, 0.37) } },
  { version: 22, n: 0, at: at(205), type: 'abort', step: 2, message: 'abort (threshold) by too many errors: too many errors (error ratio > 0.2 for 10 s): it is 0.37' },
  { version: 23, n: 0, at: at(209.3), type: 'reverted', step: 2, message: 'undone, with proof: the stressors are gone' },
  { version: 24, n: 0, at: at(215), type: 'threshold_recovered', step: 2, message: 'threshold slow: p95 latency is 180 ms', data: { ...crossing(slow, 215, 180) } },
  { version: 25, n: 0, at: at(222.5), type: 'verified', step: 2, message: 'nothing of the run is left', data: { orphans: [] } },
] // biome-ignore format: history

const run: Ended = {
  ...base,
  id: 'shop-game-day-20260105-090000-0a1b2c3d',
  suite,
  lease: null,
  steps,
  status: 'aborted',
  endedAt: at(222.5),
  refusals: [],
  resolved: null,
  abort: {
    reason: 'threshold',
    at: at(205),
    by: 'too many errors',
    detail: 'too many errors (error ratio > 0.2 for 10 s): it is 0.37',
    undoneAt: at(209.3),
  },
}

/** A game day with probes, that a threshold ended in its third step. */
export const gameDay: RunRecord = { run, injections, history, samples }
