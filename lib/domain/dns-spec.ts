/** What names are answered with, as the suite file spells it. */
export const dnsKinds = ['nxdomain', 'servfail', 'timeout', 'wrong'] as const
export type DnsKind = (typeof dnsKinds)[number]

/** Names fail for the targets, by what their resolver answers. */
export interface DnsSpec {
  readonly type: 'dns_failure'
  readonly kind: DnsKind
  /** Names and patterns with `*`; empty: all names. */
  readonly domains: readonly string[]
  /** Of the queries for these names, each by its own chance. */
  readonly sharePercent: number
  /** Of wrong answers, one of each family at most; empty: addresses that no host has. */
  readonly addresses: readonly string[]
  /** As for a partition. */
  readonly allowUnused?: true
}
