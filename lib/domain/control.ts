import type { Actor } from './actor.ts'

/** A person's word on a switch. */
export interface Control {
  /** For people. */
  readonly by: string
  /** Absent where a name alone is known. */
  readonly actor?: Actor
  readonly why: string
  readonly at: number
  /** Words that this one took the place of: whether their entries in the trail were written is not known. The newest of them. */
  readonly before?: readonly Control[]
}

/** The switches that concern a run; null: not set. */
export interface Controls {
  readonly halt: Control | null
  readonly pause: Control | null
  readonly abort: Control | null
}
