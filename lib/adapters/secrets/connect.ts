import { FaultlineError } from '../../domain/errors.ts'
import type { SecretSource } from '../../domain/run.ts'
import type { Clock } from '../../ports.ts'
import { credentialsOf } from '../aws/credentials.ts'
import type { Access, AccessSource } from '../kubernetes/access.ts'
import { type ConnectedCluster, connectCluster, openConnection } from '../kubernetes/connect.ts'
import { readSecret } from './read-secret.ts'

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
  return connectCluster(configFromText(text, where, source.context))
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
