export const degradationKinds = ['latency', 'jitter', 'loss', 'corruption', 'duplication', 'rate'] as const

export type DegradationKind = (typeof degradationKinds)[number]

/** Makes the targets' network worse. Ports, CIDRs and `peersOnly` narrow it to some of the traffic. */
export interface DegradationSpec {
  readonly type: 'network_degradation'
  readonly kind: DegradationKind
  readonly latencyMs: number
  readonly jitterMs: number
  readonly lossPercent: number
  readonly corruptPercent: number
  readonly duplicatePercent: number
  /** kbit/s that are left; null: not limited. */
  readonly rateKbit: number | null
  readonly ports: readonly number[]
  readonly cidrs: readonly string[]
  /** Only traffic to the other pods of the workload. */
  readonly peersOnly: boolean
  /** Label selector of the peers; left out: the workload. */
  readonly against?: string
  /** As for a partition. */
  readonly allowUnused?: true
}
