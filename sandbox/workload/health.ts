import { imageName } from '../behaviours/image-name.ts'
import { isActive } from '../controllers/pods.ts'
import type { ReplicaSet } from '../kinds.ts'
import { limitsOf } from '../usage.ts'
import type { Pod } from '../wire.ts'
import type { Surroundings } from './surroundings.ts'

/** The port a jadevectordb pod serves on. */
export const workloadPort = 8080
export const workloadImage = 'faultline.dev/sandbox/jadevectordb'

/** What `/health` says of one pod. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'unavailable'
  readonly members: number
  readonly peersReachable: number
  readonly quorum: number
  readonly overloaded: boolean
}

const bearing = 0.9

function isMember(pod: Pod): boolean {
  const container = pod.spec.containers[0]
  return container !== undefined && imageName(container.image) === workloadImage
}

/** All pods of a pod's database: same namespace, same `app`, not going away. */
export function membersWith(world: Surroundings, pod: Pod): Pod[] {
  return world.cluster.store
    .list('pods', pod.metadata.namespace)
    .filter((one) => isMember(one) && isActive(one) && one.metadata.labels?.app === pod.metadata.labels?.app)
}

function isUp(pod: Pod): boolean {
  return pod.status.phase === 'Running' && pod.status.containerStatuses?.every((one) => one.state.running !== undefined) === true
}

function expectedMembers(world: Surroundings, pod: Pod, present: number): number {
  const owner = pod.metadata.ownerReferences?.find((one) => one.controller)
  const spec = owner === undefined ? undefined : (world.cluster.store.byUid(owner.uid) as ReplicaSet | undefined)?.spec
  return spec?.replicas ?? present
}

/** Stressed past 90 % of its memory or cpu limit: it cannot serve. */
function isOverloaded(world: Surroundings, pod: Pod): boolean {
  const usage = world.usage(pod)
  const limits = limitsOf(pod)
  const past = (used: number, limit: number | undefined) => limit !== undefined && used >= limit * bearing
  return past(usage.memoryMiB, limits.memoryMiB) || past(usage.cpuCores, limits.cpuCores)
}

/** Counts the peers a pod can talk to, both ways, and judges its quorum and its load. */
export function healthOf(world: Surroundings, pod: Pod): Health {
  const members = membersWith(world, pod)
  const others = members.filter((one) => one.metadata.uid !== pod.metadata.uid && isUp(one))
  const linked = (peer: Pod) => world.reaches({ pod }, peer, workloadPort) && world.reaches({ pod: peer }, pod, workloadPort)
  const peersReachable = others.filter(linked).length
  const expected = Math.max(1, expectedMembers(world, pod, members.length))
  const quorum = Math.floor(expected / 2) + 1
  const overloaded = isOverloaded(world, pod)
  const serves = peersReachable + 1 >= quorum && !overloaded
  const status = !serves ? 'unavailable' : peersReachable + 1 < expected ? 'degraded' : 'ok'
  return { status, members: expected, peersReachable, quorum, overloaded }
}
