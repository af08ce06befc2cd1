import { imageName } from '../behaviours/image-name.ts'
import type { Cluster } from '../cluster.ts'
import type { Peer } from '../network.ts'
import { sameJson } from '../plain.ts'
import { controllerOf } from '../pod-index.ts'
import { isActive } from '../pod-state.ts'
import type { Change } from '../store.ts'
import type { KubeObject, Pod } from '../wire.ts'
import { workloadImage, workloadPort } from './image.ts'

/** Where members live: what is stored, and who reaches whom. */
export interface Ground {
  readonly cluster: Cluster
  /** Whether packets get from a peer to a pod's port: policies and cuts, not whether anything listens. */
  reaches(from: Peer, to: Pod, port: number): boolean
  /** The same for pods that reach the same, and are reached by the same, at every port. */
  kind(pod: Pod): string
}

/** Pods of one database that are alike to the network and to their owner: what one of them reaches, all of them reach. */
export interface Kin {
  readonly group: Group
  readonly key: string
  /** What the network tells apart. */
  readonly kind: string
  readonly sample: Pod
  readonly uids: Set<string>
  /** How many are active and run. */
  up: number
  /** Who of them had a quorum at the last tick: 2 all, 1 those alone that do not count themselves, 0 none. */
  served: number | undefined
}

/** The pods of one database: same namespace, same `app`. */
export interface Group {
  readonly key: string
  readonly kins: Map<string, Kin>
  active: number
}

interface Member {
  readonly kin: Kin
  readonly pod: Pod
}

/** What a tick has to look at again. */
export interface Stirred {
  /** UIDs of pods whose probes may answer differently. */
  readonly pods: ReadonlySet<string>
  readonly groups: ReadonlySet<Group>
}

/**
 * Who belongs to which database, kept with each change. Pods are counted by kin, so that a change costs what it touches: only when a
 * kin gains or loses its quorum are all of it looked at.
 */
export class Members {
  readonly #world: Ground
  readonly #members = new Map<string, Member>()
  readonly #groups = new Map<string, Group>()
  readonly #links = new Map<string, boolean>()
  #stirred = new Set<string>()
  #dirty = new Set<Group>()

  constructor(world: Ground) {
    this.#world = world
    world.cluster.store.subscribe((change) => this.#note(change))
  }

  kinOf(podUid: string): Kin | undefined {
    return this.#members.get(podUid)?.kin
  }

  /** To be called when anything else than its object may have changed for a pod. */
  touch(podUid: string): void {
    this.#stirred.add(podUid)
    const member = this.#members.get(podUid)
    if (member !== undefined) this.#place(member.pod)
  }

  /** What changed since the last time. */
  stir(): Stirred {
    for (const group of this.#dirty) this.#judge(group)
    const stirred = { pods: this.#stirred, groups: this.#dirty }
    this.#stirred = new Set()
    this.#dirty = new Set()
    return stirred
  }

  /** How many pods of its database there should be: as its controller says, or as there are. */
  expected({ sample, group }: Kin): number {
    const owner = controllerOf(sample)
    const replicas = owner === undefined ? undefined : replicasOf(this.#world.cluster.store.byUid(owner))
    return Math.max(1, replicas ?? group.active)
  }

  /** How many other pods of its database that run are linked both ways with one of this kin. */
  reachable(kin: Kin, podUid: string): number {
    let sum = 0
    for (const other of kin.group.kins.values()) if (other.up > 0 && this.#linked(kin, other)) sum += other.up
    const pod = this.#members.get(podUid)?.pod
    const counted = pod !== undefined && isCounted(pod) && this.#linked(kin, kin)
    return counted ? sum - 1 : sum
  }

  #note({ plural, type, object, previous }: Change): void {
    if (plural === 'pods') {
      if (type === 'DELETED') this.#remove(object.metadata.uid)
      else this.#place(object as Pod)
      this.#stirred.add(object.metadata.uid)
    } else if (plural === 'networkpolicies' || (plural === 'namespaces' && type === 'MODIFIED' && relabelled(object, previous))) {
      this.#placeAll()
    } else if (type === 'MODIFIED' && replicasOf(object) !== replicasOf(previous)) this.#touchOwned(object.metadata.uid)
  }

  #touchOwned(owner: string): void {
    for (const group of this.#groups.values()) {
      for (const { sample } of group.kins.values()) if (controllerOf(sample) === owner) this.#dirty.add(group)
    }
  }

  /** Policies bind each pod in another way now. */
  #placeAll(): void {
    this.#links.clear()
    for (const { pod } of [...this.#members.values()]) this.#place(pod)
  }

  #remove(uid: string): void {
    const member = this.#members.get(uid)
    if (member === undefined) return
    this.#members.delete(uid)
    this.#leave(member)
  }

  #place(pod: Pod): void {
    const { uid } = pod.metadata
    this.#remove(uid)
    if (!isMember(pod)) return
    const group = this.#group(groupKey(pod))
    const kind = this.#world.kind(pod)
    const key = `${kind} ${controllerOf(pod) ?? ''}`
    const kin = group.kins.get(key) ?? { group, key, kind, sample: pod, uids: new Set(), up: 0, served: undefined }
    group.kins.set(key, kin)
    kin.uids.add(uid)
    this.#count({ kin, pod }, 1)
    this.#members.set(uid, { kin, pod })
    this.#dirty.add(group)
  }

  #leave(member: Member): void {
    const { kin } = member
    this.#count(member, -1)
    kin.uids.delete(member.pod.metadata.uid)
    this.#dirty.add(kin.group)
    if (kin.uids.size === 0) kin.group.kins.delete(kin.key)
    if (kin.group.kins.size === 0) this.#groups.delete(kin.group.key)
  }

  #count({ kin, pod }: Member, by: 1 | -1): void {
    if (isActive(pod)) kin.group.active += by
    if (isCounted(pod)) kin.up += by
  }

  #group(key: string): Group {
    const group = this.#groups.get(key) ?? { key, kins: new Map(), active: 0 }
    this.#groups.set(key, group)
    return group
  }

  #judge(group: Group): void {
    for (const kin of group.kins.values()) {
      const short = quorumOf(this.expected(kin)) - this.reachable(kin, '')
      const served = short <= 0 ? 2 : short === 1 ? 1 : 0
      if (served !== kin.served) for (const uid of kin.uids) this.#stirred.add(uid)
      kin.served = served
    }
  }

  #linked(one: Kin, other: Kin): boolean {
    const key = `${one.kind}\n${other.kind}`
    const known = this.#links.get(key)
    if (known !== undefined) return known
    const [a, b] = [one.sample, other.sample]
    const linked = this.#world.reaches({ pod: a }, b, workloadPort) && this.#world.reaches({ pod: b }, a, workloadPort)
    this.#links.set(key, linked)
    return linked
  }
}

/** The least number of members that can agree. */
export const quorumOf = (expected: number): number => Math.floor(expected / 2) + 1

const groupKey = ({ metadata: { namespace, labels } }: Pod): string => `${namespace}/${labels?.app}`

function isMember(pod: Pod): boolean {
  return pod.spec.containers.some(({ image }) => imageName(image) === workloadImage)
}

const isCounted = (pod: Pod): boolean => isActive(pod) && isUp(pod)

function isUp(pod: Pod): boolean {
  return pod.status.phase === 'Running' && pod.status.containerStatuses?.every((one) => one.state.running !== undefined) === true
}

const relabelled = (object: KubeObject, previous: KubeObject | undefined): boolean =>
  !sameJson(object.metadata.labels, previous?.metadata.labels)

const replicasOf = (owner: KubeObject | undefined): number | undefined => (owner?.spec as { replicas?: number } | undefined)?.replicas
