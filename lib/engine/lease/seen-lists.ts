import type { Job, KubeObject, ObjectRef } from '../../domain/kube.ts'
import type { Clock, Cluster, KubeObjects, ListOptions } from '../../ports.ts'

type Kind = Pick<ObjectRef, 'apiVersion' | 'kind'>

interface Seen {
  /** When it was asked for: what it says was true then or later. */
  readonly at: number
  readonly kind: string
  readonly items: readonly KubeObject[]
}

/** By the cluster that is wrapped: two drivers of one process share what they see, and what they note of their deeds. */
const known = new WeakMap<Cluster, SeenLists>()

/** Wraps a cluster so that what was listed through it is remembered. */
export function seenListsOf(cluster: Cluster, clock: Clock): SeenLists {
  const lists = known.get(cluster) ?? new SeenLists(cluster, clock)
  known.set(cluster, lists)
  known.set(lists.cluster, lists)
  return lists
}

/**
 * What this process listed a moment ago, for readers to whom a moment does not matter. A list is forgotten as soon as this process changes
 * an object of its kind, or a Job, which has pods: no reader is told what was before the process's own deed.
 */
export class SeenLists {
  readonly cluster: Cluster
  readonly #clock: Clock
  readonly #seen = new Map<string, Seen>()
  readonly #asked = new Set<Seen>()

  constructor({ objects, pods, ...rest }: Cluster, clock: Clock) {
    this.#clock = clock
    this.cluster = {
      ...rest,
      objects: this.#noting(objects),
      pods: {
        dial: (pod, path) => pods.dial(pod, path),
        evict: (pod) => this.#after('Pod', () => pods.evict(pod)),
        log: (pod) => pods.log(pod),
        can: (accesses) => pods.can(accesses),
      },
    }
  }

  /** The list with those very options if it was asked for in the last `maxAgeMs`; else undefined. */
  list<T extends KubeObject>(kind: Kind, options: ListOptions, maxAgeMs: number): readonly T[] | undefined {
    const seen = this.#seen.get(keyOf(kind, options))
    return seen === undefined || this.#clock.now() - seen.at > maxAgeMs ? undefined : (seen.items as readonly T[])
  }

  #noting(objects: KubeObjects): KubeObjects {
    return {
      get: (ref) => objects.get(ref),
      list: async <T extends KubeObject>(kind: Kind, options: ListOptions = {}) => {
        const at = this.#clock.now()
        const key = keyOf(kind, options)
        const asked: Seen = { at, kind: kind.kind, items: [] }
        this.#seen.delete(key)
        this.#asked.add(asked)
        const items = await objects.list<T>(kind, options)
        // A change of this process meanwhile took it out.
        if (this.#asked.delete(asked)) this.#seen.set(key, { ...asked, items })
        return items
      },
      create: (object, options) => {
        const create = () => objects.create(object, options)
        if (options?.dryRun === true) return create()
        return this.#after(isPodless(object) ? podlessJob : object.kind, create)
      },
      patch: (ref, patch) => this.#after(ref.kind, () => objects.patch(ref, patch)),
      delete: (ref, options) => this.#after(ref.kind, () => objects.delete(ref, options)),
    }
  }

  /** Forgets before the call, and after it: a list that was asked for meanwhile may be of either time. */
  async #after<T>(kind: string, call: () => Promise<T>): Promise<T> {
    this.#forget(kind)
    try {
      return await call()
    } finally {
      this.#forget(kind)
    }
  }

  #forget(kind: string): void {
    const isOf = (seen: Seen) => seen.kind === (kind === podlessJob ? 'Job' : kind) || (kind === 'Job' && seen.kind === 'Pod')
    for (const [key, seen] of this.#seen) if (isOf(seen)) this.#seen.delete(key)
    for (const seen of this.#asked) if (isOf(seen)) this.#asked.delete(seen)
  }
}

/** Beacons and most fuses are Jobs that never have a pod: making one changes no list of pods. */
const podlessJob = 'Job without pods'

function isPodless(object: KubeObject): boolean {
  return object.kind === 'Job' && (object as Partial<Job>).spec?.parallelism === 0
}

function keyOf({ apiVersion, kind }: Kind, { namespace = '', labelSelector = '', fieldSelector = '' }: ListOptions): string {
  return [apiVersion, kind, namespace, labelSelector, fieldSelector].join(' ')
}
