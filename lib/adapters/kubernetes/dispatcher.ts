import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import { FaultlineError } from '../../domain/errors.ts'
import type { Tls } from './access.ts'
import type { KubeCluster } from './kubeconfig.ts'

/** Proxy schemes that kubeconfigs may name and undici can speak. */
const proxySchemes = ['http:', 'https:', 'socks5:']

/** Idle connections are closed before the load balancers in front of API servers drop them silently (AWS: 60 s). */
const idleMs = 30_000

export interface PoolOptions {
  /** At most; a pool of undici may open a second one per call in flight when calls follow each other at once. */
  readonly connections: number
  readonly connectTimeoutMs: number
}

/**
 * The one connection pool of a cluster. HTTP/1.1 on purpose: on HTTP/2 all calls share one connection, and when that one is dead
 * every retry dies with it; here a call that timed out takes only its own socket along.
 */
export function createDispatcher(cluster: KubeCluster, tls: Tls, options: PoolOptions): Dispatcher {
  const { connections, connectTimeoutMs } = options
  const shared = {
    allowH2: false,
    connections,
    pipelining: 1,
    keepAliveTimeout: idleMs,
    keepAliveMaxTimeout: idleMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  }
  const connect = { ...tls, timeout: connectTimeoutMs, keepAlive: true, keepAliveInitialDelay: idleMs }
  if (!cluster.proxyUrl) return new Agent({ ...shared, connect })
  return new ProxyAgent({ ...shared, uri: proxyOf(cluster), requestTls: connect, connectTimeout: connectTimeoutMs })
}

/** The kubeconfig's `proxy-url`, or bad_input when it cannot be used. */
export function proxyOf(cluster: KubeCluster): string {
  const url = String(cluster.proxyUrl)
  const scheme = URL.canParse(url) ? new URL(url).protocol : url
  if (proxySchemes.includes(scheme)) return url
  throw new FaultlineError(
    'bad_input',
    `cluster ${cluster.name}: proxy-url with scheme "${scheme}" cannot be used; allowed are ${proxySchemes.map((s) => `${s}//`).join(', ')}`,
  )
}
