/** Keys in the order in which lists have them, kept from the first time they are asked for. */
export class SortedKeys {
  readonly #all: () => Iterable<string>
  #keys: string[] | undefined

  /** `all` answers every key there is at the time of the first question. */
  constructor(all: () => Iterable<string>) {
    this.#all = all
  }

  add(key: string): void {
    this.#keys?.splice(this.#from(key), 0, key)
  }

  remove(key: string): void {
    const at = this.#keys === undefined ? -1 : this.#from(key)
    if (this.#keys?.[at] === key) this.#keys.splice(at, 1)
  }

  get size(): number {
    return this.#sorted().length
  }

  at(index: number): string | undefined {
    return this.#sorted()[index]
  }

  /** How many keys come before this one. */
  before(key: string): number {
    this.#sorted()
    return this.#from(key)
  }

  #sorted(): readonly string[] {
    this.#keys ??= [...this.#all()].sort()
    return this.#keys
  }

  #from(key: string): number {
    const keys = this.#keys ?? []
    let [low, high] = [0, keys.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((keys[middle] ?? '') < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
