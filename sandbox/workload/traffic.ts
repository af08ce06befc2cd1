import { apiServerAddress } from '../network.ts'
import { isReady } from '../pod-state.ts'
import { limitsOf } from '../usage.ts'
import type { Pod } from '../wire.ts'
import { type Health, healthOf } from './health.ts'
import { workloadPort } from './image.ts'
import type { Kin, Stirred } from './members.ts'
import type { Surroundings } from './surroundings.ts'

/** Upper bounds of the duration histogram, in seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** What one process has counted since its start. */
export interface Counters {
  readonly ok: number
  readonly failed: number
  readonly durationSum: number
  readonly buckets: readonly number[]
}

/** What one process of many alike gets, added up from the clock; a process's own count is what came while it was one of them. */
interface Stream {
  readonly kin: Kin
  readonly pods: Set<string>
  totals: Counters
  okPerSecond: number
  failedPerSecond: number
  meanSeconds: number
}

interface Process {
  /** Up to when it joined its stream. */
  counters: Counters
  stream: Stream | undefined
  /** Where the stream's totals stood then. */
  since: Counters
}

const restSeconds = 0.012
const failureSeconds = 1
const answerKbit = 160
const nothing: Counters = { ok: 0, failed: 0, durationSum: 0, buckets: durationBuckets.map(() => 0) }

/**
 * The simulated request stream: spread over the Ready pods, added up lazily from the clock. What a pod answers
 * between two ticks follows from the state at the first.
 */
export class Traffic {
  readonly #world: Surroundings
  readonly #perSecond: number
  readonly #processes = new Map<string, Process>()
  /** By database, then by what makes its pods alike. */
  readonly #streams = new Map<string, Map<string, Stream>>()
  #since: number

  constructor(world: Surroundings, perSecond: number) {
    this.#world = world
    this.#perSecond = perSecond
    this.#since = world.cluster.now()
  }

  /** Starts counting for a pod's new process, from zero. */
  enter(podUid: string): void {
    this.#settle()
    this.#detach(podUid)
    this.#processes.set(podUid, { counters: nothing, stream: undefined, since: nothing })
  }

  /** What a pod's process has counted up to now. */
  countersOf(podUid: string): Counters {
    this.#settle()
    const process = this.#processes.get(podUid)
    return process === undefined ? nothing : countersOf(process)
  }

  /** Settles, then takes the new state of the pods for what follows. */
  recompute({ pods, groups }: Stirred): void {
    if (this.#perSecond === 0) return
    this.#settle()
    for (const uid of pods) this.#assign(uid)
    for (const { key } of groups) this.#rate(key)
  }

  #settle(): void {
    const seconds = (this.#world.cluster.now() - this.#since) / 1000
    this.#since = this.#world.cluster.now()
    if (seconds <= 0) return
    for (const streams of this.#streams.values()) for (const stream of streams.values()) stream.totals = grown(stream, seconds)
  }

  #detach(podUid: string): void {
    const process = this.#processes.get(podUid)
    const { stream } = process ?? {}
    if (process === undefined || stream === undefined) return
    process.counters = countersOf(process)
    process.stream = undefined
    stream.pods.delete(podUid)
  }

  #assign(podUid: string): void {
    const process = this.#processes.get(podUid)
    if (process === undefined) return
    this.#detach(podUid)
    const pod = this.#world.cluster.store.byUid(podUid) as Pod | undefined
    const kin = this.#world.members.kinOf(podUid)
    if (pod === undefined || kin === undefined) {
      this.#processes.delete(podUid)
      return
    }
    if (!isReady(pod) || pod.metadata.deletionTimestamp !== undefined) return
    const stream = this.#stream(kin, pod)
    stream.pods.add(podUid)
    process.stream = stream
    process.since = stream.totals
  }

  /** Pods that injectors changed are like no other. */
  #stream(kin: Kin, pod: Pod): Stream {
    const { memoryMiB, cpuCores } = limitsOf(pod)
    const own = this.#world.isDisturbed(pod) ? pod.metadata.uid : ''
    const key = [kin.key, memoryMiB, cpuCores, own].join(' ')
    const streams = this.#streams.get(kin.group.key) ?? new Map<string, Stream>()
    this.#streams.set(kin.group.key, streams)
    const known = streams.get(key)
    if (known?.kin === kin) return known
    const stream = { kin, pods: new Set<string>(), totals: nothing, okPerSecond: 0, failedPerSecond: 0, meanSeconds: restSeconds }
    streams.set(key, stream)
    return stream
  }

  #rate(groupKey: string): void {
    const streams = this.#streams.get(groupKey)
    for (const [key, stream] of streams ?? []) if (stream.pods.size === 0) streams?.delete(key)
    if (streams?.size === 0) this.#streams.delete(groupKey)
    const all = [...(streams?.values() ?? [])]
    const judged = all.flatMap((stream) => this.#judge(stream))
    const sizeOf = (some: readonly Stream[]) => some.reduce((sum, { pods }) => sum + pods.size, 0)
    const each = this.#perSecond / Math.max(1, sizeOf(all))
    const reachable = sizeOf(judged.map(({ stream }) => stream))
    const lost = (sizeOf(all) - reachable) * each
    const serving = sizeOf(judged.filter(({ health }) => health.status !== 'unavailable').map(({ stream }) => stream))
    const members = Math.max(1, ...judged.map(({ stream, health }) => Math.max(health.members, stream.kin.group.active)))
    const missingShards = Math.max(0, 1 - serving / members) / 2
    for (const stream of all) Object.assign(stream, { okPerSecond: 0, failedPerSecond: 0 })
    for (const { stream, pod, health } of judged) {
      const failing = health.status === 'unavailable' ? 1 : missingShards
      stream.okPerSecond = each * (1 - failing)
      stream.failedPerSecond = each * failing + lost / reachable
      stream.meanSeconds = meanSeconds(this.#world, pod)
    }
  }

  /** How the pods of a stream are, if requests reach them. */
  #judge(stream: Stream): readonly { readonly stream: Stream; readonly pod: Pod; readonly health: Health }[] {
    const [uid = ''] = stream.pods
    const pod = this.#world.cluster.store.byUid(uid) as Pod | undefined
    if (pod === undefined || !this.#world.reaches({ address: apiServerAddress }, pod, workloadPort)) return []
    return [{ stream, pod, health: healthOf(this.#world, pod) }]
  }
}

function meanSeconds(world: Surroundings, pod: Pod): number {
  const usage = world.usage(pod)
  const limits = limitsOf(pod)
  const cpu = limits.cpuCores === undefined ? usage.cpuCores / 8 : usage.cpuCores / limits.cpuCores
  const memory = limits.memoryMiB === undefined ? 0 : usage.memoryMiB / limits.memoryMiB
  const load = 1 + 12 * Math.min(1, cpu) ** 2 + 4 * memory ** 2
  return restSeconds * load + (2 * usage.latencyMs) / 1000 + answerKbit / usage.networkKbit
}

function grown({ totals, okPerSecond, failedPerSecond, meanSeconds }: Stream, seconds: number): Counters {
  const [ok, failed] = [okPerSecond * seconds, failedPerSecond * seconds]
  const within = (bound: number) => ok * (1 - Math.exp(-bound / meanSeconds)) + failed * (1 - Math.exp(-bound / failureSeconds))
  return {
    ok: totals.ok + ok,
    failed: totals.failed + failed,
    durationSum: totals.durationSum + ok * meanSeconds + failed * failureSeconds,
    buckets: durationBuckets.map((bound, index) => (totals.buckets[index] ?? 0) + within(bound)),
  }
}

function countersOf({ counters, stream, since }: Process): Counters {
  if (stream === undefined) return counters
  const { totals } = stream
  return {
    ok: counters.ok + totals.ok - since.ok,
    failed: counters.failed + totals.failed - since.failed,
    durationSum: counters.durationSum + totals.durationSum - since.durationSum,
    buckets: durationBuckets.map((_, index) => (counters.buckets[index] ?? 0) + (totals.buckets[index] ?? 0) - (since.buckets[index] ?? 0)),
  }
}
