/** What an injector can do to a pod from inside its node. */
export const effectKinds = ['memory', 'cpu', 'disk', 'network', 'load', 'cut', 'latency', 'loop'] as const
export type EffectKind = (typeof effectKinds)[number]

/** One thing done to one target: MiB of memory or disk, cpu workers, kbit/s, ms of latency, a cut or a kill at every start. */
export interface Effect {
  readonly podUid: string
  readonly tag: string
  readonly kind: EffectKind
  readonly amount: number
}

/** Every effect that is active now; the one place where what bites is kept, so that undoing can be checked. */
export class Effects {
  readonly #active = new Set<Effect>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  add(effect: Effect): void {
    this.#active.add(effect)
    this.#changed()
  }

  ofPod(podUid: string): Effect[] {
    return [...this.#active].filter((effect) => effect.podUid === podUid)
  }

  withTag(podUid: string, tag: string): Effect[] {
    return this.ofPod(podUid).filter((effect) => effect.tag === tag)
  }

  all(): Effect[] {
    return [...this.#active]
  }

  /** Ends what matches; ending what is not there is fine. */
  remove(matches: (effect: Effect) => boolean): void {
    const ended = [...this.#active].filter(matches)
    for (const effect of ended) this.#active.delete(effect)
    if (ended.length > 0) this.#changed()
  }
}
