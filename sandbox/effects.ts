/** What an injector can do to a pod from inside its node. */
export const effectKinds = ['memory', 'cpu', 'disk', 'network', 'load', 'cut', 'latency', 'dns', 'http', 'loop', 'pause'] as const
export type EffectKind = (typeof effectKinds)[number]

/** One thing done to one target: MiB of memory or disk, cpu workers, kbit/s, ms of latency, percent of the names or requests that fail, a cut, a kill at every start or a pause. */
export interface Effect {
  readonly podUid: string
  readonly tag: string
  readonly kind: EffectKind
  readonly amount: number
}

/** Every effect that is active now; the one place where what bites is kept, so that undoing can be checked. */
export class Effects {
  readonly #active = new Set<Effect>()
  readonly #byPod = new Map<string, Set<Effect>>()
  readonly #changed: (podUid: string) => void

  /** `changed` is told of each pod whose effects are others now. */
  constructor(changed: (podUid: string) => void) {
    this.#changed = changed
  }

  add(effect: Effect): void {
    this.#active.add(effect)
    this.#byPod.set(effect.podUid, (this.#byPod.get(effect.podUid) ?? new Set()).add(effect))
    this.#changed(effect.podUid)
  }

  ofPod(podUid: string): Effect[] {
    return [...(this.#byPod.get(podUid) ?? [])]
  }

  withTag(podUid: string, tag: string): Effect[] {
    return this.ofPod(podUid).filter((effect) => effect.tag === tag)
  }

  all(): Effect[] {
    return [...this.#active]
  }

  /** Ends those of a pod that match; ending what is not there is fine. */
  remove(podUid: string, matches: (effect: Effect) => boolean = () => true): void {
    const ended = this.ofPod(podUid).filter(matches)
    const left = this.#byPod.get(podUid)
    for (const effect of ended) {
      this.#active.delete(effect)
      left?.delete(effect)
    }
    if (left?.size === 0) this.#byPod.delete(podUid)
    if (ended.length > 0) this.#changed(podUid)
  }
}
