import type { Control, Controls } from '../../domain/control.ts'
import type { Abort } from '../../domain/run-facts.ts'

/** Why a switch ends a run that has begun; null when none does. A paused suite keeps only new runs out. */
export function stopBySwitch({ abort, halt }: Controls): Omit<Abort, 'at'> | null {
  if (abort !== null) return stopBy('asked', abort)
  return halt === null ? null : stopBy('halted', halt)
}

function stopBy(reason: 'asked' | 'halted', { by, actor, why, at }: Control): Omit<Abort, 'at'> {
  return { reason, by, ...(actor === undefined ? {} : { actor }), askedAt: at, detail: why }
}

/**
 * Lets many callers share a read, but none of them one that began before it asked: what was stored before the question is in the answer.
 */
export class SharedRead {
  readonly #read: () => Promise<void>
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(read: () => Promise<void>) {
    this.#read = read
  }

  fresh(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      const read = this.#read()
      this.#running = read.catch(() => undefined)
      this.#next = null
      return read
    })
    return this.#next
  }
}
