import { FaultlineError } from '../../domain/errors.ts'
import type { SecretSource } from '../../domain/run.ts'
import type { Clock } from '../../ports.ts'
import { credentialsOf } from '../aws/credentials.ts'
import type { Access, AccessSource } from '../kubernetes/access.ts'
import { type ConnectedCluster, openConnection } from '../kubernetes/connect.ts'
import { Credentials } from '../kubernetes/credentials.ts'
import type { KubeConnection } from '../kubernetes/kubeconfig.ts'
import { readSecret } from './read-secret.ts'

/** Secrets Manager and Parameter Store are asked no more often for credentials that are refused again and again. */
const rereadMs = 10_000

/** An API server's address and a bearer token, as a secret may hold them instead of a kubeconfig. */
interface Entry {
  readonly server: string
  readonly token: string
  /** PEM in base64; left out where a public authority vouches for the server. */
  readonly caData?: string
}

/** Connects to the cluster that a secret describes: a kubeconfig, or JSON with `server`, `token` and `caData`. */
export async function connectBySecret(source: SecretSource, clock: Clock): Promise<ConnectedCluster> {
  const credentials = await credentialsOf(source, clock.now)
  const read = () => readSecret(source, credentials)
  const text = await read()
  const where = `${source.store} ${source.id}`
  const entry = entryOf(text, where)
  if (entry !== undefined) {
    const { server, caData } = entry
    const cluster = { name: source.id, server, skipTLSVerify: false, ...(caData === undefined ? {} : { caData }) }
    return openConnection(cluster, new SecretAccess(entry, async () => entryOf(await read(), where), where))
  }
  const { configFromText } = await import('../kubernetes/config.ts')
  const parse = (said: string) => configFromText(said, where, source.context)
  const config = parse(text)
  return openConnection(config.cluster, new KubeconfigAccess(config, async () => parse(await read()), clock))
}

/** The credentials of a kubeconfig as it was read last; once they are refused it is read anew, at most every 10 s. */
export class KubeconfigAccess implements AccessSource {
  readonly caller: string
  readonly #again: () => Promise<KubeConnection>
  readonly #clock: Pick<Clock, 'now'>
  #credentials: Promise<Credentials>
  #readAt = Number.NEGATIVE_INFINITY

  constructor(config: KubeConnection, again: () => Promise<KubeConnection>, clock: Pick<Clock, 'now'>) {
    const credentials = new Credentials(config, clock)
    this.caller = credentials.caller
    this.#credentials = Promise.resolve(credentials)
    this.#again = again
    this.#clock = clock
  }

  async read(): Promise<Access> {
    return (await this.#credentials).read()
  }

  renew(): boolean {
    const now = this.#clock.now()
    // Other calls that were refused at the same moment take what is being read already.
    if (now - this.#readAt < rereadMs) return true
    this.#readAt = now
    const before = this.#credentials
    const after = this.#again().then((config) => new Credentials(config, this.#clock))
    this.#credentials = after
    after.catch(() => {
      if (this.#credentials === after) this.#credentials = before
    })
    return true
  }
}

/** The token as it was read last; a refused one is read anew, since secrets are rotated. */
class SecretAccess implements AccessSource {
  readonly caller: string
  readonly #again: () => Promise<Entry | undefined>
  #entry: Entry | undefined

  constructor(entry: Entry, again: () => Promise<Entry | undefined>, where: string) {
    this.#entry = entry
    this.#again = again
    this.caller = `the token of ${where}`
  }

  async read(): Promise<Access> {
    const entry = this.#entry ?? (await this.#again())
    if (entry === undefined) throw new FaultlineError('bad_input', 'the secret holds no server and token any more')
    this.#entry = entry
    return {
      headers: { Authorization: `Bearer ${entry.token}` },
      tls: entry.caData === undefined ? {} : { ca: Buffer.from(entry.caData, 'base64') },
    }
  }

  renew(refused: Access): boolean {
    if (this.#entry !== undefined && refused.headers.Authorization === `Bearer ${this.#entry.token}`) this.#entry = undefined
    return true
  }
}

/** Undefined for a text that is no JSON of this form (a kubeconfig); its words are never quoted. */
function entryOf(text: string, where: string): Entry | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  let value: Readonly<Record<string, unknown>>
  try {
    value = JSON.parse(text)
  } catch {
    throw new FaultlineError('bad_input', `${where} begins with "{" and is not valid JSON`)
  }
  if ('clusters' in value) return undefined
  const { server, token, caData } = value
  if (typeof server !== 'string' || typeof token !== 'string' || (caData !== undefined && typeof caData !== 'string')) {
    throw new FaultlineError(
      'bad_input',
      `${where}: expected a kubeconfig, or JSON with "server", "token" and perhaps "caData", all of them text`,
    )
  }
  return { server, token: token.trim(), ...(caData === undefined ? {} : { caData }) }
}
