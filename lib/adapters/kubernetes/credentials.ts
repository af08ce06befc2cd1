import { readFile } from 'node:fs/promises'
import { FaultlineError } from '../../domain/errors.ts'
import type { Clock } from '../../ports.ts'
import type { Access, AccessSource, Tls } from './access.ts'
import type { ProviderCredentials } from './auth-provider.ts'
import type { Impersonation, KubeCluster, KubeConnection, KubeUser } from './kubeconfig.ts'
import { wordsOf } from './message-text.ts'
import { PluginCredentials } from './plugin-credentials.ts'

type Headers = Record<string, string | readonly string[]>

/**
 * A kubeconfig's credentials, read anew for every call: rotated token files and renewed certificates are used by the next call, and by the
 * same one once more when it was refused with 401.
 */
export class Credentials implements AccessSource {
  readonly caller: string
  readonly #cluster: KubeCluster
  readonly #user: KubeUser | null
  readonly #plugin: PluginCredentials | null
  #provider: Promise<ProviderCredentials> | null = null

  constructor({ cluster, user, from }: KubeConnection, clock: Pick<Clock, 'now'>) {
    this.#cluster = cluster
    this.#user = user
    this.#plugin = user?.exec === undefined ? null : new PluginCredentials({ plugin: user.exec, cluster, clock })
    this.caller = callerOf(user, from)
  }

  async read(): Promise<Access> {
    const impersonation = impersonationHeaders(this.#user?.impersonation)
    // Like kubectl, sends no token or password over plain HTTP, where anyone could read it; an impersonation is a restriction and stays.
    if (this.#cluster.server.startsWith('http:')) return { headers: impersonation, tls: {} }
    const [server, client] = await Promise.all([serverTls(this.#cluster), this.#client(this.#user)])
    return { headers: { ...client.headers, ...impersonation }, tls: { ...server, ...client.tls } }
  }

  /** Files are read anew by every call: whether another try is worth it depends on what they hold then. */
  renew(refused: Access): boolean {
    if (this.#user === null) return false
    if (this.#plugin !== null) return this.#plugin.forget(refused)
    const { tokenFile, certFile, keyFile, authProvider } = this.#user
    if (authProvider !== undefined) this.#provider = null
    return authProvider !== undefined || [tokenFile, certFile, keyFile].some((file) => file !== undefined)
  }

  async #client(user: KubeUser | null): Promise<{ readonly headers: Headers; readonly tls: Tls }> {
    if (user === null) return { headers: {}, tls: {} }
    const [authorization, tls, plugin] = await Promise.all([authorizationOf(user), clientTls(user), this.#plugin?.read()])
    const provided = user.authProvider === undefined ? null : await this.#providedBy(user)
    const given = plugin?.token ? `Bearer ${plugin.token}` : (provided ?? authorization)
    return {
      headers: given === null ? {} : { Authorization: given },
      tls: plugin?.cert && plugin.key ? { cert: plugin.cert, key: plugin.key } : tls,
    }
  }

  async #providedBy(user: KubeUser): Promise<string | null> {
    // The only way in that needs client-node, which takes longer to load than all the rest.
    this.#provider ??= import('./auth-provider.ts').then(({ openAuthProvider }) => openAuthProvider(user))
    return (await this.#provider).authorization()
  }
}

/** A token file comes before a token, which stands in only where the file cannot be read (v1.AuthInfo of client-go). */
async function authorizationOf({ token, tokenFile, username, password = '' }: KubeUser): Promise<string | null> {
  if (tokenFile !== undefined) {
    const read = await textIn(tokenFile).catch((error: unknown) => {
      if (token === undefined) throw error
      return token
    })
    return `Bearer ${read.trim()}`
  }
  if (token !== undefined) return `Bearer ${token.trim()}`
  return username === undefined ? null : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

async function serverTls({ caData, caFile, tlsServerName, skipTLSVerify }: KubeCluster): Promise<Tls> {
  const ca = await pemOf(caData, caFile)
  return {
    ...(ca === null ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    ...(skipTLSVerify ? { rejectUnauthorized: false } : {}),
  }
}

async function clientTls({ certData, certFile, keyData, keyFile }: KubeUser): Promise<Tls> {
  const [cert, key] = await Promise.all([pemOf(certData, certFile), pemOf(keyData, keyFile)])
  return { ...(cert === null ? {} : { cert }), ...(key === null ? {} : { key }) }
}

async function pemOf(data: string | undefined, file: string | undefined): Promise<Buffer | string | null> {
  if (data !== undefined) return Buffer.from(data, 'base64')
  return file === undefined ? null : textIn(file)
}

/** An empty file is one that is being written. */
async function textIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new FaultlineError('unavailable', `${path} cannot be read: ${wordsOf(error)}`, { retryable: true, cause: error })
  })
  if (text.trim() === '') throw new FaultlineError('unavailable', `${path} is empty`, { retryable: true })
  return text
}

/** https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/ */
function impersonationHeaders(impersonation: Impersonation | undefined): Headers {
  if (impersonation === undefined) return {}
  const { user, uid, groups, extra } = impersonation
  const extras = Object.entries(extra).map(
    ([key, values]) => [`Impersonate-Extra-${encodeURIComponent(key.toLowerCase())}`, values] as const,
  )
  return {
    'Impersonate-User': user,
    ...(uid === '' ? {} : { 'Impersonate-Uid': uid }),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    ...Object.fromEntries(extras),
  }
}

function callerOf(user: KubeUser | null, from: string): string {
  if (user === null) return `no user, by ${from}`
  const { exec, authProvider, tokenFile, certFile } = user
  const plugin = exec === undefined ? undefined : `exec plugin ${exec.command}`
  const provider = authProvider === undefined ? undefined : `auth-provider ${authProvider.name}`
  const how = plugin ?? provider ?? tokenFile ?? certFile
  return `user "${user.name}" of ${from}${how === undefined ? '' : ` (${how})`}`
}
