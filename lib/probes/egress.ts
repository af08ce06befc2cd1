import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { FaultlineError } from '../domain/errors.ts'

/**
 * Where probes may connect to. `anywhere`: a person's own machine, who can reach the same by hand. `not_local`: a function on AWS, whose own
 * machine hands out credentials at loopback and link-local addresses.
 */
export type Egress = 'anywhere' | 'not_local'

/** Node's BlockList finds an IPv4 address in its IPv6-mapped form (`::ffff:127.0.0.1`), too. */
const local = new BlockList()
// "This host", loopback, and link-local: the instance metadata service, container and pod credentials, time and DNS of AWS.
local.addSubnet('0.0.0.0', 8, 'ipv4')
local.addSubnet('127.0.0.0', 8, 'ipv4')
local.addSubnet('169.254.0.0', 16, 'ipv4')
// `::`, `::1`, and IPv4 addresses in the old compatible form.
local.addSubnet('::', 96, 'ipv6')
local.addSubnet('fe80::', 10, 'ipv6')
// The same services of AWS by IPv6 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
local.addSubnet('fd00:ec2::', 32, 'ipv6')
// Loopback and link-local addresses as NAT64 writes them (RFC 6052).
local.addSubnet('64:ff9b::7f00:0', 104, 'ipv6')
local.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6')

/** Whether an address is one of the machine's own, or one at which its platform serves it. */
export function isLocalAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '')
  return local.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
}

/** Refuses a URL whose host is such an address itself: no name is looked up for it. */
export function checkHost(url: URL, egress: Egress): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (egress === 'not_local' && isIP(host) !== 0 && isLocalAddress(host)) throw refused(host, host)
}

/** Looks names up for a connection and refuses what they resolve to: what is checked is what is connected to. */
export function guardedLookup(egress: Egress, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const bad = egress === 'not_local' ? addresses.find(({ address }) => isLocalAddress(address)) : undefined
      if (bad !== undefined) return callback(refused(hostname, bad.address), [])
      const [first] = addresses
      if (options.all === true || first === undefined) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

function refused(host: string, address: string): FaultlineError {
  const which = host === address ? address : `${host} is ${address}, which`
  return new FaultlineError('refused', `${which} is a loopback, link-local or metadata address: probes on AWS do not go there`)
}
