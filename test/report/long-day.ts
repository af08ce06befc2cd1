import type { Evidence, Injection, Target } from '../../lib/domain/injection.ts'
import type { ProbeSample, ProbeSpec } from '../../lib/domain/probe.ts'
import { type Ended, type StepRecord, untouchedStep } from '../../lib/domain/run.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { gameDay } from './game-day.ts'
import { at, history } from './records.ts'

export interface LongDay {
  readonly steps: number
  /** Of each step, ten on a node. */
  readonly targets: number
  /** Of answers, one each 5 s of each probe. */
  readonly hours: number
}

const status: ProbeSpec = {
  name: 'shop answers',
  mode: 'continuous',
  intervalMs: 5_000,
  timeoutMs: 2_000,
  retries: 1,
  optional: false,
  source: { type: 'http', url: 'http://shop.example/', method: 'GET', headers: {}, body: null, read: { what: 'status' } },
  tolerance: { kind: 'value', value: 200 },
  weight: 1,
  unit: '',
}

const [ratio, latency, ready] = gameDay.run.suite.probes as readonly [ProbeSpec, ProbeSpec, ProbeSpec]
const probes = [ratio, latency, ready, status]

function target(step: number, n: number): Target {
  return {
    kind: 'Pod',
    namespace: 'shop',
    name: `shop-7d9c6bf5d4-${(step * 1000 + n).toString(36).padStart(5, 'x')}`,
    uid: `5f0d8a52-6a0e-4d2b-9f39-${(step * 1000 + n).toString(16).padStart(12, '0')}`,
    node: `ip-10-0-${Math.floor(n / 10)}-17.eu-central-1.compute.internal`,
    container: { name: 'shop', id: `containerd://${step}-${n}` },
  }
}

function injection(step: number, n: number, targets: readonly Target[], begin: number): Injection {
  const [first] = gameDay.injections
  if (first === undefined) throw new TypeError('the game day has no injection')
  const look = (phase: Evidence['phase'], seconds: number, memory: number): Evidence => ({
    phase,
    at: at(begin + seconds),
    finding: phase === 'before' ? 'no' : 'yes',
    summary: `memory of ${targets.length} targets was measured inside of their cgroups`,
    measurements: targets.flatMap(({ name }, i) => [
      { target: name, name: 'memory', unit: 'MiB', value: memory + i },
      { target: name, name: 'restarts', unit: 'count', value: 0 },
    ]),
  })
  return {
    ...first,
    step,
    n,
    fault: 'memory-exhaustion',
    targets,
    evidence: [look('before', 2, 140), look('during', 5, 390), look('end', 600, 395), look('after', 604, 141)],
  }
}

/** A game day as long as wanted: a step after the other over all of its hours, answers of four probes all the time. */
export function longDay({ steps, targets, hours }: LongDay): RunRecord {
  const length = (hours * 3600) / steps
  const spec = gameDay.run.suite.steps[2]
  if (spec === undefined) throw new TypeError('the game day has no third step')
  const record = (step: number): StepRecord => {
    const begin = step * length
    const failed = step % 7 === 3
    return {
      ...untouchedStep,
      name: `Squeeze memory of zone ${step + 1}`,
      verdict: failed ? 'failed' : 'succeeded',
      reasons: failed
        ? [{ code: 'steady_state_deviated', detail: `probe p95 latency was out of tolerance in ${step} of 120 answers` }]
        : [],
      plannedAt: at(begin + 1),
      activeAt: at(begin + 5),
      plannedEnd: at(begin + length * 0.7),
      revertedAt: at(begin + length * 0.7 + 0.6),
      recoveredAt: at(begin + length * 0.7 + 9),
      score: failed ? 60 : 100,
    }
  }
  const all = Array.from({ length: steps }, (_, step) => step)
  const injections = all.flatMap((step) =>
    Array.from({ length: Math.ceil(targets / 10) }, (_, n) =>
      injection(
        step,
        n,
        Array.from({ length: Math.min(10, targets - n * 10) }, (__, i) => target(step, n * 10 + i)),
        step * length,
      ),
    ),
  )
  const [first] = gameDay.samples
  if (first === undefined) throw new TypeError('the game day has no answer')
  const samples = Array.from({ length: hours * 720 }, (_, i): readonly ProbeSample[] => {
    const isBad = i % 97 > 93
    const common = { ...first, at: at(i * 5 + 0.137 * (i % 7)), step: Math.floor((i * 5) / length) }
    return [
      { ...common, probe: ratio.name, value: isBad ? 0.0831 : 0.001 * (i % 13), within: !isBad },
      {
        ...common,
        probe: latency.name,
        value: isBad ? null : 80 + ((i * 7919) % 131),
        within: isBad ? null : true,
        message: 'no answer within 2 s',
      },
      { ...common, probe: ready.name, value: 3 - (isBad ? 2 : 0), within: !isBad },
      { ...common, probe: status.name, value: isBad ? 503 : 200, within: !isBad },
    ]
  }).flat()
  const run: Ended = {
    ...(gameDay.run as Ended),
    id: 'long-day-20260105-090000-0a1b2c3d',
    suite: { ...gameDay.run.suite, name: 'Long game day', probes, steps: all.map((step) => ({ ...spec, name: record(step).name })) },
    steps: all.map(record),
    status: 'failed',
    abort: null,
    endedAt: at(hours * 3600),
  }
  return {
    run,
    injections,
    history: all.flatMap((step) => history.map((event, i) => ({ ...event, version: step * 100 + i, at: at(step * length + i) }))),
    samples,
  }
}
