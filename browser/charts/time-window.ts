/** A stretch of time, ms since epoch. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Less than two seconds hold no two answers of a probe. */
const leastMs = 2_000

/** The stretch of time that all charts of a page show: to zoom one is to zoom all. */
export class TimeWindow {
  #whole: Stretch
  #view: Stretch
  readonly #listeners = new Set<() => void>()

  constructor(whole: Stretch) {
    this.#whole = whole
    this.#view = whole
  }

  get view(): Stretch {
    return this.#view
  }

  get isWhole(): boolean {
    return this.#view.from === this.#whole.from && this.#view.to === this.#whole.to
  }

  /** Called after each change of what is shown. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** More time is known of: what showed all of it shows all of it again. */
  extend(whole: Stretch): void {
    const wasWhole = this.isWhole
    this.#whole = whole
    if (wasWhole) this.#show(whole)
  }

  zoom(from: number, to: number): void {
    const middle = (from + to) / 2
    const half = Math.max(leastMs, to - from) / 2
    const start = Math.max(this.#whole.from, middle - half)
    this.#show({ from: start, to: Math.min(this.#whole.to, Math.max(start + leastMs, middle + half)) })
  }

  /** `factor` below 1 shows less time, around `at`. */
  scale(factor: number, at = (this.#view.from + this.#view.to) / 2): void {
    const { from, to } = this.#view
    this.zoom(at - (at - from) * factor, at + (to - at) * factor)
  }

  reset(): void {
    this.#show(this.#whole)
  }

  #show(view: Stretch): void {
    this.#view = view
    for (const listener of this.#listeners) listener()
  }
}
