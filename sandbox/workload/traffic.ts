import { isReady } from '../controllers/pods.ts'
import { apiServerAddress } from '../network.ts'
import { limitsOf } from '../usage.ts'
import type { Pod } from '../wire.ts'
import { healthOf, membersWith, workloadPort } from './health.ts'
import type { Surroundings } from './surroundings.ts'

/** Upper bounds of the duration histogram, in seconds. */
export const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** What one process has counted since its start. */
export interface Counters {
  ok: number
  failed: number
  durationSum: number
  readonly buckets: number[]
}

interface Share {
  readonly counters: Counters
  readonly okPerSecond: number
  readonly failedPerSecond: number
  readonly meanSeconds: number
}

const restSeconds = 0.012
const failureSeconds = 1
const answerKbit = 160

/**
 * The simulated request stream: spread over the Ready pods, added up lazily from the clock. What a pod answers
 * between two ticks follows from the state at the first.
 */
export class Traffic {
  readonly #world: Surroundings
  readonly #perSecond: number
  readonly #processes = new Map<string, Counters>()
  #shares: Share[] = []
  #since: number

  constructor(world: Surroundings, perSecond: number) {
    this.#world = world
    this.#perSecond = perSecond
    this.#since = world.cluster.now()
  }

  /** Starts counting for a pod's new process, from zero. */
  enter(podUid: string): Counters {
    const counters = { ok: 0, failed: 0, durationSum: 0, buckets: durationBuckets.map(() => 0) }
    this.#processes.set(podUid, counters)
    return counters
  }

  leave(podUid: string): void {
    this.#processes.delete(podUid)
  }

  /** Adds what came since the last time, up to now. */
  settle(): void {
    const seconds = (this.#world.cluster.now() - this.#since) / 1000
    this.#since = this.#world.cluster.now()
    if (seconds <= 0) return
    for (const share of this.#shares) {
      count(share.counters, { requests: share.okPerSecond * seconds, meanSeconds: share.meanSeconds, ok: true })
      count(share.counters, { requests: share.failedPerSecond * seconds, meanSeconds: failureSeconds, ok: false })
    }
  }

  /** Settles, then takes the new state of the pods for what follows. */
  recompute(): void {
    if (this.#perSecond === 0) return
    this.settle()
    const groups = new Map<string, Pod[]>()
    for (const uid of this.#processes.keys()) {
      const pod = this.#world.cluster.store.byUid(uid) as Pod | undefined
      if (pod === undefined) continue
      const key = `${pod.metadata.namespace}/${pod.metadata.labels?.app}`
      groups.set(key, [...(groups.get(key) ?? []), pod])
    }
    this.#shares = [...groups.values()].flatMap((pods) => this.#share(pods))
  }

  #share(pods: readonly Pod[]): Share[] {
    const world = this.#world
    const receivers = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    const reachable = receivers.filter((pod) => world.reaches({ address: apiServerAddress }, pod, workloadPort))
    const judged = reachable.map((pod) => ({ pod, health: healthOf(world, pod) }))
    const serving = judged.filter(({ health }) => health.status !== 'unavailable')
    if (receivers.length === 0) return []
    const each = this.#perSecond / receivers.length
    const lost = (receivers.length - reachable.length) * each
    const first = judged[0]
    const members = first === undefined ? 1 : Math.max(first.health.members, membersWith(world, first.pod).length)
    const missingShards = Math.max(0, 1 - serving.length / members) / 2
    return judged.flatMap(({ pod, health }) => {
      const counters = this.#processes.get(pod.metadata.uid)
      if (counters === undefined) return []
      const failing = health.status === 'unavailable' ? 1 : missingShards
      const failedPerSecond = each * failing + lost / judged.length
      return [{ counters, okPerSecond: each * (1 - failing), failedPerSecond, meanSeconds: meanSeconds(world, pod) }]
    })
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

function count(counters: Counters, { requests, meanSeconds, ok }: { requests: number; meanSeconds: number; ok: boolean }): void {
  if (ok) counters.ok += requests
  else counters.failed += requests
  counters.durationSum += requests * meanSeconds
  durationBuckets.forEach((bound, index) => {
    counters.buckets[index] = (counters.buckets[index] ?? 0) + requests * (1 - Math.exp(-bound / meanSeconds))
  })
}
