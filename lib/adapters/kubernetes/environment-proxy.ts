import { BlockList, isIP } from 'node:net'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment names for a server, as Go's `http.ProxyFromEnvironment` chooses it for kubectl: HTTPS_PROXY or HTTP_PROXY by
 * the server's scheme, small letters too; none for this machine itself and for what NO_PROXY lists.
 */
export function environmentProxy(server: string, env: Env): string | undefined {
  if (!URL.canParse(server)) return undefined
  const { protocol, hostname, port } = new URL(server)
  const secure = protocol === 'https:'
  const proxy = secure ? env.HTTPS_PROXY || env.https_proxy : env.HTTP_PROXY || env.http_proxy
  if (!proxy) return undefined
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (isThisMachine(host) || isExempt({ host, port: port || (secure ? '443' : '80') }, env.NO_PROXY || env.no_proxy || '')) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || /^127\./.test(host) || host === '::1'
}

/** Entries: `*`, an address, a range (CIDR), a name with all that is below it, `.name` for what is below it alone; each with a port or not. */
function isExempt(target: { readonly host: string; readonly port: string }, list: string): boolean {
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .some((entry) => matches(target, entry))
}

function matches({ host, port }: { readonly host: string; readonly port: string }, entry: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return isWithin(host, entry)
  const [, bracketed, plain, entryPort] = /^(?:\[([^\]]+)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? []
  const name = isIP(entry) === 6 ? entry : (bracketed ?? plain ?? entry)
  if (isIP(entry) !== 6 && entryPort !== undefined && entryPort !== port) return false
  if (isIP(name) !== 0 || isIP(host) !== 0) return name === host
  const below = name.replace(/^\*(?=\.)/, '')
  return below.startsWith('.') ? host.endsWith(below) : host === below || host.endsWith(`.${below}`)
}

function isWithin(host: string, cidr: string): boolean {
  const [network = '', bits = ''] = cidr.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false
  const list = new BlockList()
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
