import type { Comparison } from './probe.ts'
import type { Work } from './work.ts'

/** Work that is at it from before the first step to after the last. */
export interface LoadSpec extends Work {
  readonly name: string
  /** It may end by itself with exit code 0 before the run does. */
  readonly mayEnd: boolean
  /** How long it has to write its figures after it was told to stop (SIGTERM). */
  readonly graceSeconds: number
  /** What its figures must be in the end; left out: nothing is asked of them. */
  readonly expect?: readonly { readonly figure: string; readonly op: Comparison; readonly value: number }[]
}
