import { cores, mebibytes } from '../lib/domain/quantity.ts'
import type { Effect, EffectKind } from './effects.ts'
import type { Pod } from './wire.ts'

/** What a pod uses and feels now. */
export interface Usage {
  readonly memoryMiB: number
  readonly cpuCores: number
  readonly diskMiB: number
  /** The rate its network allows. */
  readonly networkKbit: number
  /** The rate at which it sends. */
  readonly sentKbit: number
  readonly latencyMs: number
  /** Percent of its queries for names that fail. */
  readonly dnsFailing: number
  /** Percent of the requests that are faulted. */
  readonly httpFaulted: number
  readonly cut: boolean
  /** Its processes stand still. */
  readonly paused: boolean
}

export interface Limits {
  readonly memoryMiB: number | undefined
  readonly cpuCores: number | undefined
  readonly diskMiB: number | undefined
}

const idle = { memoryMiB: 20, cpuCores: 0.05, diskMiB: 12, networkKbit: 1_000_000, sentKbit: 40 }

/** The smallest limits of a pod's first container and its emptyDir volumes. */
export function limitsOf(pod: Pod): Limits {
  const limits = pod.spec.containers[0]?.resources?.limits ?? {}
  const sizes = (pod.spec.volumes ?? []).map((volume) =>
    mebibytes((volume.emptyDir as { sizeLimit?: string } | undefined)?.sizeLimit ?? ''),
  )
  const disks = [mebibytes(limits['ephemeral-storage'] ?? ''), ...sizes].filter((size) => size !== undefined)
  return {
    memoryMiB: mebibytes(limits.memory ?? ''),
    cpuCores: cores(limits.cpu ?? ''),
    diskMiB: disks.length === 0 ? undefined : Math.min(...disks),
  }
}

/** Adds up the effects on a pod over what it uses at rest; cpu never passes its limit. */
export function usageOf(pod: Pod, effects: readonly Effect[]): Usage {
  const sum = (kind: EffectKind) => effects.filter((effect) => effect.kind === kind).reduce((total, effect) => total + effect.amount, 0)
  const limits = limitsOf(pod)
  const rates = effects.filter((effect) => effect.kind === 'network').map((effect) => effect.amount)
  return {
    memoryMiB: idle.memoryMiB + sum('memory'),
    cpuCores: Math.min(idle.cpuCores + sum('cpu'), limits.cpuCores ?? Number.POSITIVE_INFINITY),
    diskMiB: idle.diskMiB + sum('disk'),
    networkKbit: Math.min(idle.networkKbit, ...rates),
    sentKbit: idle.sentKbit + sum('load'),
    latencyMs: sum('latency'),
    dnsFailing: Math.min(100, sum('dns')),
    httpFaulted: Math.min(100, sum('http')),
    cut: effects.some((effect) => effect.kind === 'cut'),
    paused: effects.some((effect) => effect.kind === 'pause'),
  }
}
