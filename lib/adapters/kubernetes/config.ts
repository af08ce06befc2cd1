import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { FaultlineError } from '../../domain/errors.ts'
import type { ClusterSource } from '../../domain/run.ts'
import { asText } from '../../domain/text.ts'
import { nearest } from '../../suite/did-you-mean.ts'
import { environmentProxy } from './environment-proxy.ts'
import type { KubeConnection } from './kubeconfig.ts'
import { clusterOf, userOf } from './kubeconfig-entries.ts'
import {
  badKubeconfig,
  fileFields,
  mergeKubeconfigs,
  parseKubeconfig,
  type RawEntry,
  type RawKubeconfig,
  readKubeconfig,
} from './kubeconfig-file.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface LoadOptions {
  /** A file, or several separated as in $KUBECONFIG. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  /** Its KUBECONFIG is heeded only where no file is named; its proxies always. @default process.env */
  readonly env?: Env
  readonly home?: string
  /** Where a pod finds its service account. */
  readonly serviceAccountDir?: string
}

/** Where a cluster was found, and how to get in. */
export interface FoundCluster {
  readonly source: ClusterSource
  /** For people: the context's name. */
  readonly name: string
  readonly config: KubeConnection
}

/**
 * Finds the cluster to work on: the file that was named, else $KUBECONFIG, else ~/.kube/config, else the pod's service account.
 * 'none' when neither flag nor environment named one; bad_input when what was said cannot be followed.
 */
export function loadKubeConfig(options: LoadOptions = {}): FoundCluster | 'none' {
  const env = options.env ?? process.env
  if (options.kubeconfig)
    return fromFiles(existsSync(options.kubeconfig) ? [options.kubeconfig] : split(options.kubeconfig), options.context, env)
  if (env.KUBECONFIG) return fromFiles(present(split(env.KUBECONFIG)), options.context, env)
  const usual = join(options.home ?? homedir(), '.kube', 'config')
  if (existsSync(usual) && (options.context || readKubeconfig(usual).contexts.length > 0)) return fromFiles([usual], options.context, env)
  if (options.context) {
    throw new FaultlineError(
      'bad_input',
      `context "${options.context}": there is no kubeconfig ($KUBECONFIG is not set, ${usual} does not exist)`,
    )
  }
  return fromServiceAccount(env, options.serviceAccountDir ?? '/var/run/secrets/kubernetes.io/serviceaccount')
}

/**
 * A kubeconfig that lay somewhere else than on a person's own disk; `where` names it in messages. It may not make this process run a
 * program, or read this machine's files: everyone who can write it would do both.
 */
export function configFromText(text: string, where: string, context: string | null): KubeConnection {
  const parsed = parseKubeconfig(text, where)
  const { cluster, user } = chosen(where, parsed, context ?? parsed.currentContext)
  for (const entry of user === null ? [cluster] : [cluster, user]) refuseOutsideReach(entry, where)
  return { cluster: clusterOf(cluster, where), user: user === null ? null : userOf(user, where), from: where }
}

function refuseOutsideReach({ name, fields }: RawEntry, where: string): void {
  const has = (key: string) => fields[key] !== undefined && fields[key] !== null && fields[key] !== ''
  const program = ['exec', 'auth-provider'].find(has)
  if (program !== undefined)
    throw badKubeconfig(where, `"${name}" has ${program}: only a kubeconfig of your own disk may have a program run`)
  const path = fileFields.find(has)
  if (path !== undefined) throw badKubeconfig(where, `"${name}" has ${path}, a file: put what is in it into ${dataInstead[path]}`)
}

const dataInstead = {
  'certificate-authority': 'certificate-authority-data',
  'client-certificate': 'client-certificate-data',
  'client-key': 'client-key-data',
  tokenFile: 'token',
} as const

/** For an API server that wants no credentials, as the sandbox's. */
export function configForUrl(url: string, name: string): KubeConnection {
  return { cluster: { name, server: url.replace(/\/$/, ''), skipTLSVerify: false }, user: null, from: name }
}

function fromFiles(paths: readonly string[], wanted: string | undefined, env: Env): FoundCluster {
  const path = paths.join(delimiter)
  const merged = mergeKubeconfigs(paths.map(readKubeconfig))
  const name = wanted || merged.currentContext
  const { cluster, user } = chosen(path, merged, name)
  const config = { cluster: clusterOf(cluster, path), user: user === null ? null : userOf(user, path), from: `kubeconfig ${path}` }
  return { source: { kind: 'kubeconfig', path, context: name }, name, config: throughProxy(config, env) }
}

/** `proxy-url` comes before the environment, as for kubectl. */
function throughProxy(config: KubeConnection, env: Env): KubeConnection {
  const proxyUrl = config.cluster.proxyUrl ?? environmentProxy(config.cluster.server, env)
  return proxyUrl === undefined ? config : { ...config, cluster: { ...config.cluster, proxyUrl } }
}

function chosen(path: string, { contexts, clusters, users }: RawKubeconfig, name: string) {
  const bad = (what: string) => badKubeconfig(path, what)
  const names = contexts.map((context) => context.name)
  if (names.length === 0) throw bad('there is no context in it')
  if (name === '') throw bad(`no current-context is set; choose one with --context: ${names.join(', ')}`)
  const context = contexts.find((candidate) => candidate.name === name)
  if (context === undefined) throw bad(`there is no context "${name}"${suggestion(name, names)}; there are: ${names.join(', ')}`)
  const { cluster: clusterName, user: userName } = context.fields
  const cluster = clusters.find(
    (entry) => entry.name === clusterName && typeof entry.fields.server === 'string' && entry.fields.server !== '',
  )
  if (cluster === undefined) throw bad(`context "${name}" names cluster "${asText(clusterName)}", which is not there or has no server`)
  const user = users.find((entry) => entry.name === userName) ?? null
  if (userName && user === null) throw bad(`context "${name}" names user "${asText(userName)}", which is not there`)
  return { cluster, user }
}

function suggestion(name: string, names: readonly string[]): string {
  const meant = nearest(name, names)
  return meant === undefined ? '' : ` (did you mean "${meant}"?)`
}

function split(paths: string): readonly string[] {
  return paths.split(delimiter).filter((path) => path !== '')
}

/** As kubectl does, passes over files of a list that do not exist, unless none does. */
function present(paths: readonly string[]): readonly string[] {
  const there = paths.filter((path) => existsSync(path))
  if (there.length === 0) throw new FaultlineError('bad_input', `$KUBECONFIG names no file that exists: ${paths.join(', ')}`)
  return there
}

/** The token is read from its file again and again, since it is rotated. */
function fromServiceAccount(env: Env, dir: string): FoundCluster | 'none' {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  const tokenFile = join(dir, 'token')
  if (!host || !existsSync(tokenFile)) return 'none'
  const name = 'in-cluster'
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  const cluster = { name, server, caFile: join(dir, 'ca.crt'), skipTLSVerify: false }
  return { source: { kind: 'in-cluster' }, name, config: throughProxy({ cluster, user: { name, tokenFile }, from: `pod ${dir}` }, env) }
}
