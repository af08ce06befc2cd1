import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/** What a page may offer to the one who asks for it. */
export interface Visitor {
  /** Goes along with every form; another site's page cannot read it. */
  readonly token: string
  /** Only the machine that the board runs on may change anything. */
  readonly mayAct: boolean
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/

/** The id in an address like `/runs/ID/abort`, whose `end` is `/abort`; undefined where it is none. */
export function runIn(path: string, end = ''): string | undefined {
  const encoded = path.startsWith('/runs/') && path.endsWith(end) ? path.slice('/runs/'.length, path.length - end.length) : ''
  if (encoded === '' || encoded.includes('/')) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

/** Whether a request comes from this machine. */
export function isFromHere({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return loopback.test(socket.remoteAddress ?? '')
}

/**
 * Whether the name in the Host header can be ours: an address, `localhost`, or the one that was told to listen on. A page of another site
 * whose name was turned to this machine (DNS rebinding) comes with its own name.
 */
export function isOurHost(header: string | undefined, told: string): boolean {
  const name = /^\[(.+)\](?::\d+)?$|^([^:]+)(?::\d+)?$/.exec(header ?? '')
  const host = name?.[1] ?? name?.[2] ?? ''
  return isIP(host) !== 0 || host === 'localhost' || (told !== '' && host === told)
}

/** Whether a change is asked for by a page of ours: browsers say where a form stood, and only our pages know the token. */
export function isOurForm({ headers }: IncomingMessage, given: string | null, token: string): boolean {
  const { origin, host } = headers
  if (origin !== undefined && origin !== `http://${host}`) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}
