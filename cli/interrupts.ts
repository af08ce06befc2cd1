import type { Terminal } from './terminal.ts'

/** Signals that end a command, counted: the first aborts `first` with its name as the reason, the second calls `onSecond`, the third resolves `third`. */
export class Interrupts {
  readonly first: AbortSignal
  readonly third: Promise<void>
  onFirst: () => void = () => undefined
  onSecond: () => void = () => undefined
  readonly #stopListening: () => void
  #count = 0

  constructor(terminal: Pick<Terminal, 'onInterrupt'>) {
    const aborting = new AbortController()
    this.first = aborting.signal
    const { promise, resolve } = Promise.withResolvers<void>()
    this.third = promise
    this.#stopListening = terminal.onInterrupt((signal) => {
      this.#count += 1
      if (this.#count === 1) {
        aborting.abort(signal)
        this.onFirst()
      } else if (this.#count === 2) this.onSecond()
      else resolve()
    })
  }

  get count(): number {
    return this.#count
  }

  /** The result of `work`, or undefined as soon as a person interrupts: for what leaves nothing behind. */
  orInterrupted<T>(work: Promise<T>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>()
    if (this.first.aborted) resolve(undefined)
    this.first.addEventListener('abort', () => resolve(undefined), { once: true })
    return Promise.race([work, promise])
  }

  dispose(): void {
    this.#stopListening()
  }
}
