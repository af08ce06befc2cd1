import type { Kinds } from './kinds.ts'
import { resourceOf, resources } from './resources.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { KubeObject } from './wire.ts'

/** One committed write; watches and controllers live on these. */
export interface Change {
  readonly revision: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly plural: string
  readonly object: KubeObject
  readonly previous?: KubeObject
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function keyOf(object: Pick<KubeObject, 'metadata'>): string {
  const { namespace, name } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}

/** The objects of one resource, oldest first. */
class Table {
  readonly byKey = new Map<string, KubeObject>()
  readonly byNamespace = new Map<string, Map<string, KubeObject>>()
  readonly sorted = new SortedKeys(() => this.byKey.keys())

  put(key: string, object: KubeObject): void {
    if (!this.byKey.has(key)) this.sorted.add(key)
    this.byKey.set(key, object)
    const { namespace } = object.metadata
    if (namespace === undefined) return
    const inNamespace = this.byNamespace.get(namespace) ?? new Map()
    this.byNamespace.set(namespace, inNamespace.set(key, object))
  }

  remove(key: string, { metadata: { namespace } }: KubeObject): void {
    this.sorted.remove(key)
    this.byKey.delete(key)
    const inNamespace = namespace === undefined ? undefined : this.byNamespace.get(namespace)
    inNamespace?.delete(key)
    if (namespace !== undefined && inNamespace?.size === 0) this.byNamespace.delete(namespace)
  }

  of(namespace: string | undefined): ReadonlyMap<string, KubeObject> {
    return namespace === undefined ? this.byKey : (this.byNamespace.get(namespace) ?? none)
  }
}

const none: ReadonlyMap<string, KubeObject> = new Map()

/**
 * What etcd is to a cluster: objects by key, one revision for all, and a bounded history. Stored objects are frozen;
 * to change one, put a changed copy.
 */
export class Store {
  readonly #tables = new Map(resources.map((one) => [one.plural, new Table()]))
  readonly #byUid = new Map<string, KubeObject>()
  /** UIDs of what names this UID as an owner. */
  readonly #byOwner = new Map<string, Set<string>>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #historySize: number
  #history: Change[] = []
  #revision = 1

  constructor(historySize: number) {
    this.#historySize = historySize
  }

  get revision(): number {
    return this.#revision
  }

  /** The oldest revision a watch or a continue token may still start from. */
  get oldest(): number {
    return this.#history.length < this.#historySize ? 0 : (this.#history[0]?.revision ?? 0)
  }

  get<P extends string>(plural: P, name: string, namespace?: string): Found<P> | undefined {
    const key = namespace === undefined ? name : `${namespace}/${name}`
    return this.#table(plural).byKey.get(key) as Found<P> | undefined
  }

  byUid(uid: string): KubeObject | undefined {
    return this.#byUid.get(uid)
  }

  /** All objects of a resource, oldest first. */
  list<P extends string>(plural: P, namespace?: string): Found<P>[] {
    return [...this.each(plural, namespace)]
  }

  /** The same one by one, for a reader of the first few only. */
  each<P extends string>(plural: P, namespace?: string): Iterable<Found<P>> {
    return this.#table(plural).of(namespace).values() as Iterable<Found<P>>
  }

  count(plural: string, namespace?: string): number {
    return this.#table(plural).of(namespace).size
  }

  /** All objects of a resource by key, from the first key that is greater than `after`. */
  *inOrder(plural: string, namespace?: string, after = ''): Iterable<KubeObject> {
    const { byKey, sorted } = this.#table(plural)
    const prefix = namespace === undefined ? '' : `${namespace}/`
    for (let index = sorted.before(after > prefix ? after : prefix); ; index++) {
      const key = sorted.at(index)
      if (key === undefined || !key.startsWith(prefix)) return
      const object = byKey.get(key)
      if (object !== undefined && key > after) yield object
    }
  }

  /** How many keys of a resource are greater than `after`. */
  countAfter(plural: string, namespace: string | undefined, after: string): number {
    const { sorted } = this.#table(plural)
    const at = sorted.before(`${after}${lowest}`)
    const prefix = namespace === undefined ? '' : `${namespace}/`
    return (namespace === undefined ? sorted.size : sorted.before(prefix + highest)) - at
  }

  /** Every object that names this UID as an owner, the first to do so first. */
  dependents(uid: string): KubeObject[] {
    const found: KubeObject[] = []
    for (const one of this.#byOwner.get(uid) ?? []) {
      const object = this.#byUid.get(one)
      if (object !== undefined) found.push(object)
    }
    return found
  }

  all(): KubeObject[] {
    return [...this.#tables.values()].flatMap((table) => [...table.byKey.values()])
  }

  /** Commits the object under a new resourceVersion and tells everyone; it is the store's from here on, and frozen. */
  put<T extends KubeObject>(object: T): T {
    const plural = pluralOf(object)
    const table = this.#table(plural)
    const key = keyOf(object)
    const previous = table.byKey.get(key)
    const revision = ++this.#revision
    object.metadata.resourceVersion = String(revision)
    const stored = deepFreeze(object)
    table.put(key, stored)
    if (previous !== undefined && previous.metadata.uid !== stored.metadata.uid) this.#byUid.delete(previous.metadata.uid)
    this.#byUid.set(stored.metadata.uid, stored)
    this.#own(previous, stored)
    if (previous === undefined) this.#commit({ revision, type: 'ADDED', plural, object: stored })
    else this.#commit({ revision, type: 'MODIFIED', plural, object: stored, previous })
    return stored
  }

  /** Removes the object if it is still the same one (by UID). */
  remove(object: KubeObject): boolean {
    const plural = pluralOf(object)
    const key = keyOf(object)
    const table = this.#table(plural)
    const previous = table.byKey.get(key)
    if (previous?.metadata.uid !== object.metadata.uid) return false
    table.remove(key, previous)
    this.#byUid.delete(previous.metadata.uid)
    this.#own(previous, undefined)
    const revision = ++this.#revision
    const last = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } }
    this.#commit({ revision, type: 'DELETED', plural, object: deepFreeze(last), previous })
    return true
  }

  changesAfter(revision: number, plural: string): Change[] {
    return this.#history.filter((change) => change.revision > revision && change.plural === plural)
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #own(previous: KubeObject | undefined, now: KubeObject | undefined): void {
    const before = ownersOf(previous)
    const owners = ownersOf(now)
    for (const owner of before) {
      if (owners.includes(owner)) continue
      const set = this.#byOwner.get(owner)
      set?.delete(previous?.metadata.uid ?? '')
      if (set?.size === 0) this.#byOwner.delete(owner)
    }
    for (const owner of owners) {
      const set = this.#byOwner.get(owner) ?? new Set()
      this.#byOwner.set(owner, set.add(now?.metadata.uid ?? ''))
    }
  }

  #table(plural: string): Table {
    const table = this.#tables.get(plural)
    if (table === undefined) throw new Error(`the sandbox stores no '${plural}'; see sandbox/resources.ts`)
    return table
  }

  #commit(change: Change): void {
    this.#history.push(change)
    if (this.#history.length > this.#historySize * 1.25) this.#history = this.#history.slice(-this.#historySize)
    for (const listener of [...this.#listeners]) listener(change)
  }
}

/** Sorts before and after all that a name may hold. */
const [lowest, highest] = ['\u0000', '\uffff']

const ownersOf = (object: KubeObject | undefined): readonly string[] => object?.metadata.ownerReferences?.map(({ uid }) => uid) ?? []

/** The typed kind of a known plural, a plain object for any other. */
export type Found<P extends string> = P extends keyof Kinds ? Kinds[P] : KubeObject

function pluralOf(object: KubeObject): string {
  const found = resourceOf(object)
  if (found === undefined) throw new Error(`the sandbox stores no ${object.apiVersion} ${object.kind}`)
  return found.plural
}
