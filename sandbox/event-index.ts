import type { KubeEvent } from './kinds.ts'
import type { Store } from './store.ts'

/** Finds the Event that says the same of the same object. */
export class EventIndex {
  readonly #byText = new Map<string, string>()
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
    store.subscribe(({ plural, type, object }) => {
      if (plural !== 'events' || type === 'MODIFIED') return
      const { involvedObject, reason, message } = object as KubeEvent
      const key = keyOf(involvedObject?.uid, reason, message)
      const { uid } = object.metadata
      if (type === 'ADDED' && !this.#byText.has(key)) this.#byText.set(key, uid)
      if (type === 'DELETED' && this.#byText.get(key) === uid) this.#byText.delete(key)
    })
  }

  find(uid: string, { reason, message }: { readonly reason: string; readonly message: string }): KubeEvent | undefined {
    return this.#store.byUid(this.#byText.get(keyOf(uid, reason, message)) ?? '') as KubeEvent | undefined
  }
}

function keyOf(uid: string | undefined, reason: string, message: string): string {
  return `${uid} ${reason} ${message}`
}
