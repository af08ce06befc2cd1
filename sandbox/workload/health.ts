import { limitsOf } from '../usage.ts'
import type { Pod } from '../wire.ts'
import { quorumOf } from './members.ts'
import type { Surroundings } from './surroundings.ts'

/** What `/health` says of one pod. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'unavailable'
  readonly members: number
  readonly peersReachable: number
  readonly quorum: number
  readonly overloaded: boolean
}

const bearing = 0.9

/** Stressed past 90 % of its memory or cpu limit, or standing still: it cannot serve. */
function isOverloaded(world: Surroundings, pod: Pod): boolean {
  const usage = world.usage(pod)
  const limits = limitsOf(pod)
  const past = (used: number, limit: number | undefined) => limit !== undefined && used >= limit * bearing
  return usage.paused || past(usage.memoryMiB, limits.memoryMiB) || past(usage.cpuCores, limits.cpuCores)
}

/** Counts the peers a pod can talk to, both ways, and judges its quorum and its load. */
export function healthOf(world: Surroundings, pod: Pod): Health {
  const { members } = world
  const { uid } = pod.metadata
  const kin = members.kinOf(uid)
  const expected = kin === undefined ? 1 : members.expected(kin)
  const peersReachable = kin === undefined ? 0 : members.reachable(kin, uid)
  const quorum = quorumOf(expected)
  const overloaded = isOverloaded(world, pod)
  const serves = peersReachable + 1 >= quorum && !overloaded
  const status = !serves ? 'unavailable' : peersReachable + 1 < expected ? 'degraded' : 'ok'
  return { status, members: expected, peersReachable, quorum, overloaded }
}
