import type { DegradationKind } from '../domain/degradation-spec.ts'

/** How much worse the network gets, as the file spells it: ms, percent, and the kbit/s that are left (null: all). */
export interface Amounts {
  readonly latency: number
  readonly jitter: number
  readonly loss: number
  readonly corruption: number
  readonly duplication: number
  readonly rate: number | null
}

const unchanged: Amounts = { latency: 0, jitter: 0, loss: 0, corruption: 0, duplication: 0, rate: null }

const ownAmounts = {
  latency: { latency: 100 },
  jitter: { latency: 50, jitter: 50 },
  loss: { loss: 10 },
  corruption: { corruption: 5 },
  duplication: { duplication: 5 },
  rate: { rate: 1000 },
} as const satisfies Record<DegradationKind, Partial<Amounts>>

/** What a degradation does when the file gives some amounts or none: only the kind that was named has defaults. */
export function amountsOf(kind: DegradationKind, given: { readonly [Key in keyof Amounts]?: number | undefined }): Amounts {
  const defaults: Amounts = { ...unchanged, ...ownAmounts[kind] }
  const latency = given.latency ?? defaults.latency
  return {
    latency,
    jitter: given.jitter ?? Math.min(defaults.jitter, latency),
    loss: given.loss ?? defaults.loss,
    corruption: given.corruption ?? defaults.corruption,
    duplication: given.duplication ?? defaults.duplication,
    rate: given.rate ?? defaults.rate,
  }
}
