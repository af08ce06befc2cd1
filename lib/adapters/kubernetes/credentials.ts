import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'
import type { Cluster, KubeConfig } from '@kubernetes/client-node'
import type { Access, AccessSource, Tls } from './access.ts'

/**
 * Reads the kubeconfig's credentials anew for every call, so that rotated files and expired tokens are noticed;
 * calls at the same moment share one run of an exec plugin.
 */
export class Credentials implements AccessSource {
  #config: KubeConfig
  #pending: Promise<Access> | undefined
  #last: Access | undefined

  constructor(config: KubeConfig) {
    this.#config = config
  }

  read(): Promise<Access> {
    this.#pending ??= this.#load().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  /** After a 401 on `refused`: forgets what an exec plugin said, unless another call has done so already. False when nothing can be renewed. */
  renew(refused: Access): boolean {
    if (!this.#config.getCurrentUser()?.exec) return false
    if (this.#last?.headers.Authorization !== refused.headers.Authorization) return true
    this.#config = copyOf(this.#config)
    this.#last = undefined
    return true
  }

  async #load(): Promise<Access> {
    const cluster = this.#config.getCurrentCluster()
    this.#last = cluster?.server.startsWith('http:') ? plain(this.#config) : await secured(this.#config, cluster)
    return this.#last
  }
}

/** Like kubectl, sends no token or password over plain HTTP, where anyone could read it; an impersonation is a restriction and stays. */
function plain(config: KubeConfig): Access {
  const impersonated = config.getCurrentUser()?.impersonateUser
  return { headers: impersonated ? { 'Impersonate-User': impersonated } : {}, tls: {} }
}

async function secured(config: KubeConfig, cluster: Cluster | null): Promise<Access> {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const headers = Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value).trim()]))
  if (options.auth) headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  return { headers, tls: { ...serverTls(cluster), ...clientTls(options) } }
}

/** client-node leaves these out for a context without a user. */
function serverTls(cluster: Cluster | null): Tls {
  const ca = cluster?.caFile ? readFileSync(cluster.caFile) : cluster?.caData ? Buffer.from(cluster.caData, 'base64') : undefined
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cluster?.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    ...(cluster?.skipTLSVerify ? { rejectUnauthorized: false } : {}),
  }
}

function clientTls(options: RequestOptions): Tls {
  const { cert, key } = options as Tls
  return { ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
}

/** The same config with nothing cached by its authenticators. Of its own class, so that whoever brings no kubeconfig loads no client-node. */
function copyOf(config: KubeConfig): KubeConfig {
  const { clusters, users, contexts, currentContext } = config
  const copy = new (config.constructor as new () => KubeConfig)()
  copy.loadFromOptions({ clusters, users, contexts, currentContext })
  return copy
}
