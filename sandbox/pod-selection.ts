import { controllerOf } from './pod-index.ts'
import { SortedKeys } from './sorted-keys.ts'
import type { Change, Store } from './store.ts'
import type { Pod } from './wire.ts'

interface Choice {
  readonly namespace: string
  wants(pod: Pod): boolean
}

/** Pods of one namespace that someone selects, kept with each change from the first look on. */
export class PodSelection {
  readonly #choice: Choice
  readonly #pods = new Map<string, Pod>()
  readonly #names = new SortedKeys(() => this.#pods.keys())
  readonly #owners = new Map<string | undefined, number>()
  readonly #close: () => void

  constructor(store: Store, choice: Choice) {
    this.#choice = choice
    for (const pod of store.each('pods', choice.namespace)) if (choice.wants(pod)) this.#add(pod)
    this.#close = store.subscribe((change) => this.#note(change))
  }

  get size(): number {
    return this.#pods.size
  }

  /** How many there are of each controller, by its UID. */
  get owners(): ReadonlyMap<string | undefined, number> {
    return this.#owners
  }

  /** The one at a place in the order of names. */
  at(index: number): Pod | undefined {
    return this.#pods.get(this.#names.at(index) ?? '')
  }

  close(): void {
    this.#close()
  }

  #note({ plural, type, object }: Change): void {
    if (plural !== 'pods' || object.metadata.namespace !== this.#choice.namespace) return
    const { name } = object.metadata
    const known = this.#pods.get(name)
    if (known !== undefined) this.#remove(known)
    if (type !== 'DELETED' && this.#choice.wants(object as Pod)) this.#add(object as Pod)
  }

  #add(pod: Pod): void {
    const { name } = pod.metadata
    this.#names.add(name)
    this.#pods.set(name, pod)
    const owner = controllerOf(pod)
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1)
  }

  #remove(pod: Pod): void {
    const { name } = pod.metadata
    this.#names.remove(name)
    this.#pods.delete(name)
    const owner = controllerOf(pod)
    const left = (this.#owners.get(owner) ?? 0) - 1
    if (left > 0) this.#owners.set(owner, left)
    else this.#owners.delete(owner)
  }
}
