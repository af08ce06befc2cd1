import type { DnsSpec } from '../domain/dns-spec.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { needsTraffic } from './injector/plan.ts'

/**
 * Names fail for the targets: a resolver in their own network namespace (dnsdist: https://dnsdist.org) answers what they ask on port 53, and
 * passes on what is not meant.
 */
export const dnsFailure = injectorFault({
  action: () => 'fail-dns',
  container: () => null,
  env: (spec) => (spec.type === 'dns_failure' ? dnsEnvironment(spec) : {}),
  undo: {},
})

function dnsEnvironment(spec: DnsSpec): Readonly<Record<string, string>> {
  const { kind, domains, sharePercent, addresses } = spec
  const [address4, address6] = [addresses.find((one) => !one.includes(':')), addresses.find((one) => one.includes(':'))]
  return {
    FAULTLINE_ANSWER: kind,
    FAULTLINE_NAMES: domains.join(','),
    FAULTLINE_SHARE_PCT: String(sharePercent),
    ...(address4 === undefined ? {} : { FAULTLINE_ADDRESS4: address4 }),
    ...(address6 === undefined ? {} : { FAULTLINE_ADDRESS6: address6 }),
    FAULTLINE_NEED_TRAFFIC: needsTraffic(spec),
  }
}
