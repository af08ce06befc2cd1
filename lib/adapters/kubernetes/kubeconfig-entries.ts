import { asText } from '../../domain/text.ts'
import type { ExecPlugin, Impersonation, KubeCluster, KubeUser } from './kubeconfig.ts'
import { badKubeconfig, type RawEntry } from './kubeconfig-file.ts'

type Fields = Readonly<Record<string, unknown>>

/** What kubectl reads of a cluster and of a user; what it refuses is refused, by name (client-go's `clientcmd/validation.go`). */
export function clusterOf({ name, fields }: RawEntry, path: string): KubeCluster {
  const say = reader(path, `cluster "${name}"`, fields)
  const server = say.text('server')
  const cluster: KubeCluster = {
    name,
    server: (server ?? '').replace(/\/$/, ''),
    skipTLSVerify: say.flag('insecure-skip-tls-verify'),
    ...optional('caData', say.text('certificate-authority-data')),
    ...optional('caFile', say.text('certificate-authority')),
    ...optional('tlsServerName', say.text('tls-server-name')),
    ...optional('proxyUrl', say.text('proxy-url')),
    ...(say.flag('disable-compression') ? { disableCompression: true } : {}),
    ...optional('execConfig', extensionFor(fields.extensions)),
  }
  say.notBoth('certificate-authority', 'certificate-authority-data')
  if (cluster.skipTLSVerify && (cluster.caData ?? cluster.caFile) !== undefined)
    throw say.wrong('has a certificate authority and insecure-skip-tls-verify; give one of them')
  return cluster
}

/** As `clusterOf`, for a user. */
export function userOf({ name, fields }: RawEntry, path: string): KubeUser {
  const say = reader(path, `user "${name}"`, fields)
  const user: KubeUser = {
    name,
    ...optional('token', say.text('token')),
    ...optional('tokenFile', say.text('tokenFile')),
    ...optional('certData', say.text('client-certificate-data')),
    ...optional('certFile', say.text('client-certificate')),
    ...optional('keyData', say.text('client-key-data')),
    ...optional('keyFile', say.text('client-key')),
    ...optional('username', say.text('username')),
    ...optional('password', say.text('password')),
    ...optional('impersonation', impersonationOf(say)),
    ...optional('exec', execOf(fields.exec, path, name)),
    ...optional('authProvider', providerOf(fields['auth-provider'], path, name)),
  }
  say.notBoth('client-certificate', 'client-certificate-data')
  say.notBoth('client-key', 'client-key-data')
  const [cert, key] = [user.certData ?? user.certFile, user.keyData ?? user.keyFile]
  if (cert !== undefined && key === undefined) throw say.wrong('has a client certificate without its key')
  if (cert === undefined && key !== undefined) throw say.wrong('has a client key without its certificate')
  if ((user.token ?? user.tokenFile) !== undefined && user.username !== undefined)
    throw say.wrong('has a token and a username; only one of them can be sent')
  if (user.exec !== undefined && user.authProvider !== undefined)
    throw say.wrong('has an exec plugin and an auth-provider; give one of them')
  return user
}

function impersonationOf(say: Reader): Impersonation | undefined {
  const user = say.text('as')
  const uid = say.text('as-uid')
  const groups = say.texts('as-groups')
  const extra = Object(say.fields['as-user-extra'] ?? {}) as Fields
  const more = uid !== undefined || groups.length > 0 || Object.keys(extra).length > 0
  if (user === undefined && more) throw say.wrong('has as-uid, as-groups or as-user-extra without "as"')
  if (user === undefined) return undefined
  const values = Object.entries(extra).map(([key, list]) => {
    if (!Array.isArray(list) || list.some((one) => typeof one === 'object')) throw say.wrong(`as-user-extra.${key} is not a list of texts`)
    return [key, list.map(String)] as const
  })
  return { user, uid: uid ?? '', groups, extra: Object.fromEntries(values) }
}

const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']

function execOf(raw: unknown, path: string, name: string): ExecPlugin | undefined {
  if (raw === undefined || raw === null) return undefined
  const say = reader(path, `user "${name}": exec`, Object(raw))
  const command = say.text('command')
  const apiVersion = say.text('apiVersion')
  if (command === undefined) throw say.wrong('has no command')
  if (apiVersion === undefined || !execVersions.includes(apiVersion))
    throw say.wrong(`apiVersion is "${apiVersion ?? ''}"; known are ${execVersions.join(', ')}`)
  const mode = say.text('interactiveMode') ?? 'IfAvailable'
  if (mode === 'Always')
    throw say.wrong(
      'has interactiveMode "Always": it would ask at the terminal while a fault holds. Log in before, and use IfAvailable or Never',
    )
  if (mode !== 'IfAvailable' && mode !== 'Never') throw say.wrong(`interactiveMode is "${mode}"; known are Never, IfAvailable, Always`)
  const list = say.fields.env ?? []
  if (!Array.isArray(list)) throw say.wrong('env is not a list')
  const env = list.map((entry) => {
    const { name: variable, value = '' } = Object(entry) as { readonly name?: unknown; readonly value?: unknown }
    if (typeof variable !== 'string' || variable === '') throw say.wrong('env has an entry without a name')
    if (typeof value === 'object' && value !== null) throw say.wrong(`env ${variable} has ${asText(value)} for a value`)
    return { name: variable, value: String(value) }
  })
  const { texts, flag, text } = say
  return {
    command,
    args: texts('args'),
    env,
    apiVersion,
    installHint: text('installHint') ?? '',
    provideClusterInfo: flag('provideClusterInfo'),
  }
}

/** Those that client-node can; kubectl itself has kept `oidc` only. */
const providers = ['oidc', 'gcp', 'azure']

function providerOf(raw: unknown, path: string, user: string): KubeUser['authProvider'] {
  if (raw === undefined || raw === null) return undefined
  const { name, config } = raw as { readonly name?: unknown; readonly config?: object | null }
  if (!providers.includes(asText(name)))
    throw badKubeconfig(path, `user "${user}": there is no auth-provider "${asText(name)}"; known are ${providers.join(', ')}`)
  return { name: asText(name), config: { ...(config as Record<string, string> | null) } }
}

/** Plugins find what a cluster's entry has for them under this name. */
function extensionFor(extensions: unknown): unknown {
  const list = Array.isArray(extensions) ? extensions : []
  return list.find((entry) => Object(entry).name === 'client.authentication.k8s.io/exec')?.extension
}

type Reader = ReturnType<typeof reader>

/** Reads fields; empty texts are as good as none, as for kubectl. A value of another type is named, never quoted: it may be a secret. */
function reader(path: string, where: string, fields: Fields) {
  const wrong = (what: string) => badKubeconfig(path, `${where} ${what}`)
  const text = (key: string): string | undefined => {
    const value = fields[key] ?? ''
    if (typeof value !== 'string') throw wrong(`has a ${key} that is no text; write it in quotes`)
    return value === '' ? undefined : value
  }
  const flag = (key: string): boolean => {
    const value = fields[key] ?? false
    if (typeof value !== 'boolean') throw wrong(`has a ${key} that is neither true nor false`)
    return value
  }
  const texts = (key: string): readonly string[] => {
    const value = fields[key] ?? []
    if (!Array.isArray(value)) throw wrong(`has ${key} that is not a list`)
    return value.map(String)
  }
  const notBoth = (a: string, b: string) => {
    if (text(a) !== undefined && text(b) !== undefined) throw wrong(`has both ${a} and ${b}; give one of them`)
  }
  return { fields, wrong, text, flag, texts, notBoth }
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [key in K]: V })
}
