import { isActive, isFinished, isReady } from './pod-state.ts'
import type { Change, Store } from './store.ts'
import type { KubeObject, Pod } from './wire.ts'

/** How many pods of one controller count towards its replicas. */
export interface PodCounts {
  readonly active: number
  readonly ready: number
}

/** Which template of a StatefulSet a pod was made of. */
export const revisionLabel = 'controller-revision-hash'

const noPods: PodCounts = { active: 0, ready: 0 }
const nowhere: ReadonlyMap<string, number> = new Map()

/** Counts and finds pods by owner, node and place, kept with each change, so that a controller looks at what changed only. */
export class PodIndex {
  readonly #byController = new Map<string, { active: number; ready: number }>()
  readonly #byRevision = new Map<string, number>()
  readonly #byNode = new Map<string, Set<string>>()
  /** Active pods of a node, and of a node by the first owner's UID. */
  readonly #load = new Map<string, number>()
  readonly #spread = new Map<string, Map<string, number>>()
  readonly #unbound = new Set<string>()
  readonly #uncontrolled = new Map<string, Set<string>>()
  readonly #unfinished = new Map<string, number>()

  constructor(store: Store) {
    store.subscribe((change) => this.#note(change))
  }

  /** Of the pods that this controller owns. */
  countsOf(controllerUid: string): PodCounts {
    return this.#byController.get(controllerUid) ?? noPods
  }

  /** How many active pods of this controller were made of this revision. */
  ofRevision(controllerUid: string, revision: string): number {
    return this.#byRevision.get(`${controllerUid} ${revision}`) ?? 0
  }

  /** UIDs of all pods bound to a node. */
  onNode(node: string): readonly string[] {
    return [...(this.#byNode.get(node) ?? [])]
  }

  /** How many pods on a node are active. */
  loadOf(node: string): number {
    return this.#load.get(node) ?? 0
  }

  /** Active pods of one owner by node. */
  spreadOf(ownerUid: string): ReadonlyMap<string, number> {
    return this.#spread.get(ownerUid) ?? nowhere
  }

  /** UIDs of pods without a node. */
  unbound(): readonly string[] {
    return [...this.#unbound]
  }

  /** UIDs of a namespace's pods that no controller owns. */
  uncontrolled(namespace: string): readonly string[] {
    return [...(this.#uncontrolled.get(namespace) ?? [])]
  }

  /** How many pods of a namespace have not finished. */
  unfinished(namespace: string): number {
    return this.#unfinished.get(namespace) ?? 0
  }

  #note({ plural, type, object, previous }: Change): void {
    if (plural !== 'pods') return
    if (previous !== undefined) this.#count(previous as Pod, -1)
    if (type !== 'DELETED') this.#count(object as Pod, 1)
  }

  #count(pod: Pod, by: 1 | -1): void {
    const { uid, namespace = '', ownerReferences = [] } = pod.metadata
    const { nodeName } = pod.spec
    const controller = controllerOf(pod)
    if (controller === undefined) file(this.#uncontrolled, namespace, uid, by)
    else this.#countFor(controller, pod, by)
    if (!isFinished(pod)) add(this.#unfinished, namespace, by)
    if (nodeName === undefined) {
      if (by > 0) this.#unbound.add(uid)
      else this.#unbound.delete(uid)
      return
    }
    file(this.#byNode, nodeName, uid, by)
    if (!isActive(pod)) return
    add(this.#load, nodeName, by)
    const owner = ownerReferences[0]?.uid
    if (owner === undefined) return
    const nodes = this.#spread.get(owner) ?? new Map<string, number>()
    add(nodes, nodeName, by)
    if (nodes.size === 0) this.#spread.delete(owner)
    else this.#spread.set(owner, nodes)
  }

  #countFor(controller: string, pod: Pod, by: 1 | -1): void {
    if (!isActive(pod)) return
    const counts = this.#byController.get(controller) ?? { active: 0, ready: 0 }
    counts.active += by
    if (isReady(pod)) counts.ready += by
    const revision = pod.metadata.labels?.[revisionLabel]
    if (revision !== undefined) add(this.#byRevision, `${controller} ${revision}`, by)
    if (counts.active === 0) this.#byController.delete(controller)
    else this.#byController.set(controller, counts)
  }
}

/** The UID of the controller that owns an object, if one does. */
export function controllerOf({ metadata }: KubeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const sum = (counts.get(key) ?? 0) + by
  if (sum === 0) counts.delete(key)
  else counts.set(key, sum)
}

function file(sets: Map<string, Set<string>>, key: string, uid: string, by: number): void {
  const set = sets.get(key) ?? new Set()
  if (by > 0) set.add(uid)
  else set.delete(uid)
  if (set.size === 0) sets.delete(key)
  else sets.set(key, set)
}
