import { isIP } from 'node:net'
import * as z from 'zod'
import { quote } from './did-you-mean.ts'

/** Each is a rule or two in the target's network namespace, applied one after the other within the injector's time. */
const mostEntries = 100
const longestPrefix: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** Ports that narrow a network fault; none means all of them. */
export const ports = z
  .array(z.int().min(1).max(65_535))
  .max(mostEntries)
  .default([])
  .describe('Only traffic from or to these ports, TCP and UDP; empty: all.')

/** Addresses that narrow a network fault; none means all of them. */
export const cidrs = z
  .array(
    z
      .string()
      .refine((text) => cidrProblem(text) === undefined, { error: (issue) => cidrProblem(String(issue.input)) })
      .meta({ pattern: '^[0-9A-Fa-f:.]+(/[0-9]{1,3})?$' }),
  )
  .max(mostEntries)
  .default([])
  .describe('Only traffic from or to these addresses: IPv4 or IPv6, alone or as CIDRs; empty: all.')

function cidrProblem(text: string): string | undefined {
  const [address = '', prefix, ...more] = text.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0)
    return `${quote(text)} is not an IPv4 or IPv6 address or CIDR, e.g. 10.0.0.0/8, 192.0.2.7 or fd00::/8`
  // Node takes a zone for a part of the address.
  if (address.includes('%')) return `${quote(text)} has a zone, which means something on one machine only; write the address without it`
  const longest = longestPrefix[family] ?? 0
  if (prefix === undefined || (/^(?:0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= longest)) return undefined
  return `${quote(text)}: ${quote(prefix)} is not the prefix length of an IPv${family} CIDR; allowed: 0 to ${longest}`
}
