import { StatusError } from '../api/status.ts'
import type { Cluster } from '../cluster.ts'
import type { Change } from '../store.ts'

/** One control loop: which keys a change concerns, and what to do about a key. */
export interface Controller {
  readonly name: string
  keys(change: Change): readonly string[]
  /** Brings one key nearer to what is wanted; returns when to look again (epoch ms) if time alone matters. */
  reconcile(key: string): number | undefined
}

interface Queue {
  readonly controller: Controller
  readonly dirty: Set<string>
  readonly deadlines: Map<string, () => void>
}

const refusedRetryMs = 1000

/** Runs control loops until nothing is dirty, in a fixed order, in one microtask after the change that woke them. */
export class Runner {
  readonly #cluster: Cluster
  readonly #queues: Queue[] = []
  #scheduled = false
  #closed = false

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    cluster.store.subscribe((change) => this.#note(change))
  }

  add(controller: Controller): void {
    this.#queues.push({ controller, dirty: new Set(), deadlines: new Map() })
  }

  close(): void {
    this.#closed = true
  }

  #note(change: Change): void {
    for (const queue of this.#queues) for (const key of queue.controller.keys(change)) queue.dirty.add(key)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#drain()
    })
  }

  #drain(): void {
    for (let queue = this.#nextDirty(); queue !== undefined && !this.#closed; queue = this.#nextDirty()) {
      const keys = [...queue.dirty]
      queue.dirty.clear()
      for (const key of keys) this.#run(queue, key)
    }
  }

  /** A refused write (a webhook, a quota) is tried again later, as a real controller does. */
  #reconcile(controller: Controller, key: string): number | undefined {
    try {
      return controller.reconcile(key)
    } catch (error) {
      if (error instanceof StatusError) return this.#cluster.now() + refusedRetryMs
      throw error
    }
  }

  #nextDirty(): Queue | undefined {
    return this.#queues.find((queue) => queue.dirty.size > 0)
  }

  #run(queue: Queue, key: string): void {
    queue.deadlines.get(key)?.()
    queue.deadlines.delete(key)
    const again = this.#reconcile(queue.controller, key)
    if (again === undefined) return
    const cancel = this.#cluster.timers.at(again, () => {
      queue.deadlines.delete(key)
      queue.dirty.add(key)
      this.#schedule()
    })
    queue.deadlines.set(key, cancel)
  }
}

/** The key of every changed object of one resource, as `namespace/name`. */
export function keysOf(change: Change, plural: string): readonly string[] {
  return change.plural === plural ? [`${change.object.metadata.namespace ?? ''}/${change.object.metadata.name}`] : []
}

/** The key of the controller that owns a changed object, when it is of this kind. */
export function ownerKeys(change: Change, plural: string, ownerKind: string): readonly string[] {
  if (change.plural !== plural) return []
  const owner = change.object.metadata.ownerReferences?.find((one) => one.controller === true && one.kind === ownerKind)
  return owner === undefined ? [] : [`${change.object.metadata.namespace ?? ''}/${owner.name}`]
}

/** Takes a `namespace/name` key apart. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
