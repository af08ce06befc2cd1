import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { FaultlineError } from '../domain/errors.ts'
import { checkHost, type Egress, guardedLookup } from './egress.ts'
import { type HostAccess, type Reach, reachAnywhere } from './reach.ts'

/** More of an answer is never read: far above what a health page or one number of PromQL takes, far below what a function has. */
export const largestBody = 1024 * 1024

/** As browsers and curl follow some tens at most: more is a circle. */
const mostRedirects = 10

export interface HttpAnswer {
  readonly status: number
  readonly contentType: string
  /** As UTF-8; the first MiB. */
  readonly text: string
  /** False where the body is larger than that. */
  readonly complete: boolean
  /** The address that answered in the end, without its query; null when it is the one that was asked. */
  readonly redirectedTo: string | null
  /** Where the answer itself leads, when it is a redirect that was not followed; absolute. */
  readonly location: string | null
}

export interface HttpCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

export interface ExchangeOptions {
  /** For all of it, redirects included. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** @default 'anywhere' */
  readonly egress?: Egress
  /**
   * `any`: redirects are followed as browsers do (301, 302 and 303 by GET), to another origin without headers. `same_request`: only within
   * the origin, with method and body as they are; an answer 3xx comes back where it leads elsewhere. @default 'any'
   */
  readonly redirects?: 'any' | 'same_request' | 'none'
  /** What the owner allows, and adds, by host. @default reachAnywhere */
  readonly reach?: Reach | undefined
  /** The owner named the address itself, apart from what `reach` lists. @default false */
  readonly isOwners?: boolean
  /** Makes what looks names up. @default guardedLookup */
  readonly lookup?: (egress: Egress) => LookupFunction
}

/**
 * One HTTP exchange, over connections of its own, bounded in time and size: behind a balancer of connections (a Service) each question may
 * meet another replica. @throws FaultlineError `unavailable` when there was no answer in time, with the reason; `refused` for an address
 * that probes may not reach
 */
export async function exchange(call: HttpCall, options: ExchangeOptions): Promise<HttpAnswer> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
  try {
    return await follow(call, options, signal)
  } catch (error) {
    if (error instanceof FaultlineError) throw error
    const why = signal.aborted && !options.signal.aborted ? `no answer within ${options.timeoutMs / 1000} s` : causeOf(error)
    throw new FaultlineError('unavailable', `${call.method} ${withoutQuery(call.url)}: ${why}`, { retryable: true, cause: error })
  }
}

async function follow(first: HttpCall, options: ExchangeOptions, signal: AbortSignal): Promise<HttpAnswer> {
  const { egress = 'anywhere', redirects = 'any', lookup = guardedLookup, reach = reachAnywhere, isOwners = false } = options
  let call = first
  // Once it was led elsewhere it carries nothing any more, also where it is led back.
  let isAtHome = true
  for (let followed = 0; followed <= mostRedirects; followed++) {
    const url = new URL(call.url)
    isAtHome &&= url.origin === new URL(first.url).origin
    const access = await unless(signal, reach(url, isOwners && isAtHome))
    await unless(signal, reachAsHost(reach, url, lowerCase(call.headers).host))
    const headers = isAtHome ? { ...access.headers, ...lowerCase(call.headers) } : call.headers
    const tls = isAtHome ? access.tls : withoutKey(access.tls)
    const answer = await send({ ...call, headers }, { egress, lookup: lookup(egress), signal, tls })
    const { status, location } = answer
    const next = location === null ? null : redirected(call, { status, location, redirects })
    if (next === null) return { ...answer, redirectedTo: followed === 0 ? null : withoutQuery(call.url) }
    call = next
  }
  throw new Error(`it redirects more than ${mostRedirects} times, at last to ${withoutQuery(call.url)}`)
}

/** A proxy before many hosts goes by the name it is given: that one has to be allowed as much as its own. */
async function reachAsHost(reach: Reach, url: URL, host: string | undefined): Promise<void> {
  // Its own name is what it was judged by; a signature says it, too.
  if (host === undefined || host.toLowerCase() === url.host) return
  const asked = `${url.protocol}//${host}`
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(asked)) throw new FaultlineError('refused', `"${host}" is no Host that a probe may give`)
  await reach(new URL(asked))
}

type Received = Omit<HttpAnswer, 'redirectedTo'>

/** A certificate of ours is as much as a password: it is shown to the host that was asked, and to none that this one names. */
function withoutKey({ cert: _, key: __, ...tls }: HostAccess['tls']): HostAccess['tls'] {
  return tls
}

/** What has no end of its own is not waited for once the signal has fired. */
function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const over = () => reject(signal.reason)
  if (signal.aborted) over()
  signal.addEventListener('abort', over)
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', over))
}

interface Way {
  readonly tls: HostAccess['tls']
  readonly egress: Egress
  readonly lookup: LookupFunction
  readonly signal: AbortSignal
}

function send({ url, method, headers, body }: HttpCall, { egress, lookup, signal, tls }: Way): Promise<Received> {
  const target = new URL(url)
  checkHost(target, egress)
  const open = target.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = open(target, {
      ...tls,
      method,
      headers: { accept: '*/*', 'user-agent': 'faultline', ...lowerCase(headers) },
      // No pool: a connection that is kept would go to the same replica again, or be closed by the server as it is used.
      agent: false,
      lookup,
      signal,
    })
    request.on('error', reject)
    request.on('response', (response) => {
      readUpTo(response, largestBody).then(({ text, complete }) => {
        request.destroy()
        const { statusCode: status = 0, headers: said } = response
        resolve({ status, contentType: said['content-type'] ?? '', text, complete, location: locationOf(status, said.location, url) })
      }, reject)
    })
    request.end(body ?? undefined)
  })
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

async function readUpTo(body: AsyncIterable<Buffer>, most: number): Promise<{ readonly text: string; readonly complete: boolean }> {
  const chunks: Buffer[] = []
  let left = most
  for await (const chunk of body) {
    chunks.push(chunk.subarray(0, left))
    left -= chunk.length
    if (left < 0) break
  }
  return { text: Buffer.concat(chunks).toString('utf8'), complete: left >= 0 }
}

function locationOf(status: number, location: string | undefined, from: string): string | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined || !URL.canParse(location, from)) return null
  return new URL(location, from).href
}

/** What is sent next; null where the redirect itself is the answer. */
function redirected(
  call: HttpCall,
  {
    status,
    location,
    redirects,
  }: { readonly status: number; readonly location: string; readonly redirects: 'any' | 'same_request' | 'none' },
): HttpCall | null {
  const sameOrigin = new URL(location).origin === new URL(call.url).origin
  if (redirects === 'none' || !/^https?:/.test(location)) return null
  if (redirects === 'same_request') return sameOrigin ? { ...call, url: withQueryOf(call.url, location) } : null
  const byGet = call.method === 'POST' && status <= 303
  if (!sameOrigin && call.body !== null && !byGet) return null
  const { 'content-type': _, ...bodiless } = lowerCase(call.headers)
  if (byGet) return { url: location, method: 'GET', headers: sameOrigin ? bodiless : {}, body: null }
  return { ...call, url: location, headers: sameOrigin ? call.headers : {} }
}

/** A query that the redirect dropped is what was asked. */
function withQueryOf(asked: string, location: string): string {
  const next = new URL(location)
  if (next.search === '') next.search = new URL(asked).search
  return next.href
}

/** Of many causes (one for each address that was tried) the first. */
function causeOf(error: unknown): string {
  const { errors, message, code } = Object(error) as { errors?: readonly unknown[]; message?: string; code?: string }
  if (errors?.[0] !== undefined) return causeOf(errors[0])
  return message || code || String(error)
}

/** A query may hold secrets. */
export function withoutQuery(url: string): string {
  return url.replace(/[?#].*$/, '')
}
