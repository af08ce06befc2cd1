import type { Service } from '../kinds.ts'
import { sameJson } from '../plain.ts'
import { PodSelection } from '../pod-selection.ts'
import { isReady } from '../pod-state.ts'
import { matchesLabels } from '../selectors.ts'
import type { Store } from '../store.ts'
import type { Pod } from '../wire.ts'

interface Known {
  readonly selector: Service['spec']['selector']
  readonly pods: PodSelection
}

/** The Ready pods behind each service that was asked for. */
export class Endpoints {
  readonly #store: Store
  readonly #known = new Map<string, Known>()

  constructor(store: Store) {
    this.#store = store
    store.subscribe(({ plural, type, object }) => {
      if (plural === 'services' && type === 'DELETED') this.#forget(object.metadata.uid)
    })
  }

  /** In the order of their names. */
  of({ metadata: { uid, namespace = '' }, spec: { selector } }: Service): PodSelection {
    const known = this.#known.get(uid)
    if (known !== undefined && sameJson(known.selector, selector)) return known.pods
    this.#forget(uid)
    const wants = (pod: Pod) => matchesLabels(selector, pod.metadata.labels) && isReady(pod) && pod.metadata.deletionTimestamp === undefined
    const pods = new PodSelection(this.#store, { namespace, wants })
    this.#known.set(uid, { selector, pods })
    return pods
  }

  #forget(uid: string): void {
    this.#known.get(uid)?.pods.close()
    this.#known.delete(uid)
  }
}
