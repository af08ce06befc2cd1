import * as z from 'zod'
import { httpKinds } from '../domain/http-spec.ts'
import { quote } from './did-you-mean.ts'

/** Nothing that the proxy's own configuration could read: the injector refuses everything else as well. */
const pathPattern = '^/[A-Za-z0-9/._~%:@=,*-]{0,500}$'
const headerPattern = '^[A-Za-z0-9-]{1,100}=[A-Za-z0-9/._~%:@=*-]{1,400}$'

const matching = (pattern: string, what: string) =>
  z
    .string()
    .refine((text) => new RegExp(pattern).test(text), { error: (issue) => `${quote(String(issue.input))} is not ${what}` })
    .meta({ pattern })

/** What tells the requests that are meant, and what becomes of them. */
export const httpShape = {
  http_type: z
    .enum(httpKinds)
    .describe('What becomes of requests: they are answered with `status` (or not at all, with `reset`), or take longer.'),
  direction: z.enum(['in', 'out']).default('in').describe('Requests that come to the pod, or that go out of it.'),
  ports: z
    .array(z.int().min(1).max(65_535))
    .min(1)
    .max(20)
    .describe("Ports on which HTTP/1 is spoken: the pod's own for what comes in, those of the servers for what goes out."),
  methods: z.array(matching('^[A-Z]{1,16}$', 'a method, e.g. GET')).max(10).default([]).describe('Only these methods; empty: all.'),
  path: matching(pathPattern, 'a path, e.g. /api/*').optional().describe('Only this path, `*` for any characters; default: all.'),
  headers: z
    .array(matching(headerPattern, 'a header and its value, e.g. x-user=test-*'))
    .max(10)
    .default([])
    .describe('Only requests with all these headers, as `name=value`, `*` in the value for any characters.'),
  status: z.int().min(200).max(599).optional().describe('Status of the answers; default 503. Only for abort.'),
  reset: z.boolean().default(false).describe('The connection is closed without any answer, in place of a status. Only for abort.'),
  delay: z.int().min(1).max(60_000).optional().describe('Milliseconds before the request is passed on; default 1000. Only for delay.'),
  keepProbes: z
    .boolean()
    .default(true)
    .describe("Requests from the pod's own node, as the kubelet's probes are, are not met; only for what comes in."),
} as const
