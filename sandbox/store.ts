import type { Kinds } from './kinds.ts'
import { resourceOf, resources } from './resources.ts'
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

/**
 * What etcd is to a cluster: objects by key, one revision for all, and a bounded history. Stored objects are frozen;
 * to change one, put a changed copy.
 */
export class Store {
  readonly #tables = new Map(resources.map((one) => [one.plural, new Map<string, KubeObject>()]))
  readonly #byUid = new Map<string, KubeObject>()
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
    return this.#table(plural).get(key) as Found<P> | undefined
  }

  byUid(uid: string): KubeObject | undefined {
    return this.#byUid.get(uid)
  }

  /** All objects of a resource, oldest first. */
  list<P extends string>(plural: P, namespace?: string): Found<P>[] {
    const found: KubeObject[] = []
    for (const object of this.#table(plural).values()) {
      if (namespace === undefined || object.metadata.namespace === namespace) found.push(object)
    }
    return found as Found<P>[]
  }

  all(): KubeObject[] {
    return [...this.#tables.values()].flatMap((table) => [...table.values()])
  }

  /** Commits the object under a new resourceVersion and tells everyone; it is the store's from here on, and frozen. */
  put<T extends KubeObject>(object: T): T {
    const plural = pluralOf(object)
    const table = this.#table(plural)
    const key = keyOf(object)
    const previous = table.get(key)
    const revision = ++this.#revision
    object.metadata.resourceVersion = String(revision)
    const stored = deepFreeze(object)
    table.set(key, stored)
    if (previous !== undefined) this.#byUid.delete(previous.metadata.uid)
    this.#byUid.set(stored.metadata.uid, stored)
    if (previous === undefined) this.#commit({ revision, type: 'ADDED', plural, object: stored })
    else this.#commit({ revision, type: 'MODIFIED', plural, object: stored, previous })
    return stored
  }

  /** Removes the object if it is still the same one (by UID). */
  remove(object: KubeObject): boolean {
    const plural = pluralOf(object)
    const key = keyOf(object)
    const previous = this.#table(plural).get(key)
    if (previous?.metadata.uid !== object.metadata.uid) return false
    this.#table(plural).delete(key)
    this.#byUid.delete(previous.metadata.uid)
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

  #table(plural: string): Map<string, KubeObject> {
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

/** The typed kind of a known plural, a plain object for any other. */
export type Found<P extends string> = P extends keyof Kinds ? Kinds[P] : KubeObject

function pluralOf(object: KubeObject): string {
  const found = resourceOf(object)
  if (found === undefined) throw new Error(`the sandbox stores no ${object.apiVersion} ${object.kind}`)
  return found.plural
}
