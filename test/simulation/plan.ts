import type { LoadSpec } from '../../lib/domain/load-spec.ts'
import type { ProbeSpec, ThresholdSpec } from '../../lib/domain/probe.ts'
import { hash53, seededRandom } from '../../lib/domain/random.ts'
import type { FaultSpec, Step, Suite } from '../../lib/domain/suite.ts'
import { probeOf, thresholdOf } from '../support/probes.ts'
import {
  anyPod,
  crashloop,
  latency,
  memory,
  netfilter,
  nodeDrain,
  partition,
  podDelete,
  podKill,
  stepOf,
  suiteOf,
} from '../support/suites.ts'
import { type TroubleKind, troubleKinds } from './troubles.ts'
import { calmWeather, drawWeather, type Weather } from './weather.ts'

/** Numbers of its own for each concern of a world, so that taking one away leaves what others draw as it was. */
export function streamOf(seed: number, concern: string): () => number {
  return seededRandom(hash53(concern, seed))
}

export interface Period {
  readonly from: number
  readonly to: number
}

/** One start of a suite, ms after the world's beginning. */
export interface PlannedStart {
  readonly afterMs: number
  readonly suite: Suite
  /** The event comes twice, and each copy has its driver. */
  readonly isTwice: boolean
  /** The time a driver has; null: it stays to the end. */
  readonly driverMs: number | null
}

export interface PlannedTrouble {
  readonly name: string
  readonly afterMs: number
  readonly kind: TroubleKind
}

/** All that is drawn before a world begins, so that a failing one can be shrunk by leaving parts out. Times are ms after its beginning. */
export interface WorldPlan {
  readonly seed: number
  /** Nothing is to go wrong: no trouble, fair weather, clocks that agree. */
  readonly isUndisturbed: boolean
  readonly replicas: number
  readonly enforceNetworkPolicies: boolean
  readonly weather: Weather
  readonly tableAway: Period | null
  readonly clusterAway: Period | null
  readonly starts: readonly PlannedStart[]
  readonly troubles: readonly PlannedTrouble[]
  /** Every process of ours is gone for good then: only what burns in the cluster is left. */
  readonly goneAfterMs: number | null
  readonly reaperAfterMs: number
  readonly mayDie: boolean
  readonly mayBeSkewed: boolean
}

const stress = (kind: 'cpu' | 'disk' | 'network'): FaultSpec => ({ ...memory, kind }) as FaultSpec
const peers: FaultSpec = { ...partition, mechanism: 'netfilter', scope: 'peers' }
export const faults: readonly FaultSpec[] = [
  ...[partition, netfilter, peers, latency],
  ...[podDelete, podKill, crashloop, nodeDrain],
  ...[memory, stress('cpu'), stress('disk'), stress('network')],
]

/** What may be left out of a world, in the order in which shrinking tries it. */
export function partsOf(plan: WorldPlan): readonly string[] {
  const weather = Object.entries(plan.weather).flatMap(([name, chance]) => (chance > 0 ? [`weather.${name}`] : []))
  return [
    ...plan.troubles.map(({ name }) => name),
    ...(plan.goneAfterMs === null ? [] : ['gone']),
    ...(plan.tableAway === null ? [] : ['tableAway']),
    ...(plan.clusterAway === null ? [] : ['clusterAway']),
    ...plan.starts.slice(1).map((_, index) => `start.${index + 1}`),
    ...(plan.starts[0]?.isTwice ? ['twice'] : []),
    ...(plan.mayDie ? ['deaths'] : []),
    ...(plan.mayBeSkewed ? ['skew'] : []),
    ...weather,
    ...(plan.starts[0]?.driverMs === null ? [] : ['limit']),
    ...(plan.starts[0]?.suite.probes.length === 0 ? [] : ['probes']),
    ...(plan.starts[0]?.suite.load === undefined ? [] : ['load']),
    ...(plan.starts[0]?.suite.steps.some((step) => step.together !== undefined) ? ['groups'] : []),
    ...(plan.starts[0]?.suite.steps ?? []).slice(1).map((_, index) => `step.${index + 1}`),
  ]
}

export function drawPlan(seed: number, without: ReadonlySet<string> = new Set()): WorldPlan {
  const random = streamOf(seed, 'world')
  const isUndisturbed = random() < 0.1
  const replicas = 3 + Math.floor(random() * 4)
  const enforceNetworkPolicies = random() < 0.9
  const isLimited = random() < 0.5
  const driverMs = isLimited && !without.has('limit') ? 25_000 + random() * 50_000 : null
  const first = { afterMs: 0, suite: drawSuite(seed, 'first', { isUndisturbed, without }), isTwice: random() < 0.15, driverMs }
  const second = {
    afterMs: random() * 90_000,
    suite: drawSuite(seed, 'second', { isUndisturbed, without: new Set() }),
    isTwice: false,
    driverMs,
  }
  const weather = isUndisturbed ? calmWeather : drawWeather(streamOf(seed, 'weather'))
  const disturbances = streamOf(seed, 'disturbances')
  const period = (chance: number, mostMs: number): Period | null => {
    const [isDrawn, from, length] = [disturbances() < chance, disturbances() * 60_000, disturbances() * mostMs]
    return isDrawn && !isUndisturbed ? { from, to: from + length } : null
  }
  const tableAway = period(0.3, 45_000)
  const clusterAway = period(0.15, 60_000)
  const gone = period(0.1, 0)
  const reaperAfterMs = disturbances() * 60_000
  return {
    seed,
    isUndisturbed,
    replicas,
    enforceNetworkPolicies,
    weather: Object.fromEntries(
      Object.entries(weather).map(([name, chance]) => [name, without.has(`weather.${name}`) ? 0 : chance]),
    ) as unknown as Weather,
    tableAway: without.has('tableAway') ? null : tableAway,
    clusterAway: without.has('clusterAway') ? null : clusterAway,
    starts: [
      { ...first, isTwice: first.isTwice && !without.has('twice') },
      ...(random() < 0.25 && !without.has('start.1') ? [second] : []),
    ],
    troubles: isUndisturbed ? [] : drawTroubles(seed).filter(({ name }) => !without.has(name)),
    goneAfterMs: gone === null || without.has('gone') ? null : gone.from,
    reaperAfterMs,
    mayDie: !isUndisturbed && !without.has('deaths'),
    mayBeSkewed: !isUndisturbed && !without.has('skew'),
  }
}

function drawTroubles(seed: number): readonly PlannedTrouble[] {
  const random = streamOf(seed, 'troubles')
  return Array.from({ length: Math.floor(random() * 4) }, (_, index) => {
    const kind = troubleKinds[Math.floor(random() * troubleKinds.length)] ?? 'driver dies'
    return { name: `trouble.${index}`, afterMs: random() * random() * 120_000, kind }
  })
}

function drawSuite(
  seed: number,
  which: string,
  { isUndisturbed, without }: { readonly isUndisturbed: boolean; readonly without: ReadonlySet<string> },
): Suite {
  const random = streamOf(seed, `${which} suite`)
  const steps = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    const fault = faults[Math.floor(random() * faults.length)] ?? partition
    const targets = { ...anyPod, count: fault.kind === 'node-drain' ? 1 : 1 + Math.floor(random() * 3) }
    return stepOf(fault, {
      durationMs: 3_000 + Math.round(random() * 27_000),
      intervalMs: Math.round(random() * 5_000),
      targets,
      blastRadius: 'all',
    })
  }).filter((_, index) => !without.has(`step.${index}`))
  const grouped = without.has('groups') ? steps : together(steps, streamOf(seed, `${which} groups`))
  const asked = random() < 0.3 && !without.has('probes') ? drawProbes(random, isUndisturbed) : { probes: [], thresholds: [] }
  return suiteOf(grouped, { name: `The ${which}`, recoveryTimeoutMs: 60_000, ...asked, ...drawLoad(seed, which, without) })
}

/** Work that never ends by itself, in the workload's namespace or another. */
function drawLoad(seed: number, which: string, without: ReadonlySet<string>): Pick<Suite, 'load'> {
  const random = streamOf(seed, `${which} load`)
  const [isDrawn, count, isElsewhere] = [random() < 0.35, 1 + Math.floor(random() * 2), random() < 0.3]
  if (!isDrawn || without.has('load')) return {}
  return {
    load: Array.from({ length: count }, (_, n): LoadSpec => {
      const place = { namespace: isElsewhere ? 'default' : null, user: 65_532, resources: {} }
      return { name: `load ${n}`, image: 'example/load:1', command: null, args: [], env: {}, ...place, mayEnd: false, graceSeconds: 1 }
    }),
  }
}

/** Of half of the suites with several steps all or the last two overlap; fewer targets each, as they count together. */
function together(steps: readonly Step[], random: () => number): readonly Step[] {
  const [isGrouped, isAll, chained] = [random() < 0.5, random() < 0.6, random() < 0.3]
  if (!isGrouped || steps.length < 2) return steps
  const first = isAll ? 0 : steps.length - 2
  return steps.map((step, index) => {
    if (index < first) return step
    const [delayMs, count] = [Math.round(random() * 15_000), 1 + Math.floor(random() * 2)]
    const name = `${step.name} ${index}`
    const after = chained && index > first ? [`${steps[index - 1]?.name} ${index - 1}`] : []
    const intervalMs = index < steps.length - 1 ? 0 : step.intervalMs
    return { ...step, name, intervalMs, targets: { ...step.targets, count }, together: { group: 'together', delayMs, after } }
  })
}

/** The probe answers how many pods of the workload are Ready. */
function drawProbes(
  random: () => number,
  isUndisturbed: boolean,
): { readonly probes: readonly ProbeSpec[]; readonly thresholds: readonly ThresholdSpec[] } {
  const [fewest, limit, forMs, aborts] = [random() * 5, random() * 5, random() * 10_000, random() < 0.6]
  const tolerance = { kind: 'range', min: isUndisturbed ? 0 : Math.floor(fewest), max: 1_000 } as const
  const probe = probeOf('ready', { source: { type: 'kubernetes', selector: '', read: { what: 'ready' } }, tolerance })
  const threshold = thresholdOf('ready', {
    op: '<',
    limit: Math.ceil(limit),
    forMs: Math.round(forMs),
    action: aborts ? 'abort' : 'notify',
  })
  return { probes: [probe], thresholds: isUndisturbed ? [] : [threshold] }
}
