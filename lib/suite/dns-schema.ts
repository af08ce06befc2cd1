import { isIP } from 'node:net'
import * as z from 'zod'
import { quote } from './did-you-mean.ts'

/** The resolver judges each query by all of them, in one expression. */
const mostDomains = 50

/** What a name in a suite is: labels of at most 63 characters, `*` for any of them, a dot at the end where no search domain is meant. */
const domainPattern = '^(?=.{1,253}$)(?=.*[A-Za-z0-9])(?!-)(?:[A-Za-z0-9_*-]{1,63}\\.)*[A-Za-z0-9_*-]{1,63}\\.?$'

/** Names that fail; none means all of them. */
export const domains = z
  .array(
    z
      .string()
      .refine((text) => new RegExp(domainPattern).test(text), {
        error: (issue) =>
          `${quote(String(issue.input))} is not a name or a pattern, e.g. db, *.s3.amazonaws.com or api.example.com.; leave them out for all names`,
      })
      .meta({ pattern: domainPattern }),
  )
  .max(mostDomains)
  .default([])
  .describe(
    "Names that fail, `*` for any characters; each also with the pod's search domains behind it, unless it ends with a dot; empty: all names.",
  )

/** What wrong answers say. */
export const addresses = z
  .array(
    z
      .string()
      .refine((text) => isIP(text) !== 0 && !text.includes('%'), {
        error: (issue) => `${quote(String(issue.input))} is not an IPv4 or IPv6 address`,
      })
      .meta({ pattern: '^[0-9A-Fa-f:.]+$' }),
  )
  .max(2)
  .default([])
  .describe('The wrong address, one of each family at most; default 192.0.2.1 and 2001:db8::1, which no host has. Only for wrong.')
