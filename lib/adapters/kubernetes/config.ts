import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Cluster, KubeConfig } from '@kubernetes/client-node'
import { closest, distance } from 'fastest-levenshtein'
import { FaultlineError } from '../../domain/errors.ts'
import type { ClusterSource } from '../../domain/run.ts'
import { type Kubeconfig, mergeKubeconfigs, parseKubeconfig, readKubeconfig, toKubeConfig } from './kubeconfig-file.ts'

export interface LoadOptions {
  /** A file, or several separated as in $KUBECONFIG. */
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** Where a pod finds its service account. */
  readonly serviceAccountDir?: string
}

/** Where a cluster was found, and how to get in. */
export interface FoundCluster {
  readonly source: ClusterSource
  /** For people: the context's name. */
  readonly name: string
  readonly config: KubeConfig
}

/**
 * Finds the cluster to work on: the file that was named, else $KUBECONFIG, else ~/.kube/config, else the pod's service account.
 * 'none' when nobody said anything; bad_input when what was said cannot be followed.
 */
export function loadKubeConfig(options: LoadOptions = {}): FoundCluster | 'none' {
  const env = options.env ?? process.env
  if (options.kubeconfig)
    return fromFiles(existsSync(options.kubeconfig) ? [options.kubeconfig] : split(options.kubeconfig), options.context)
  if (env.KUBECONFIG) return fromFiles(present(split(env.KUBECONFIG)), options.context)
  const usual = join(options.home ?? homedir(), '.kube', 'config')
  if (existsSync(usual) && (options.context || readKubeconfig(usual).contexts.length > 0)) return fromFiles([usual], options.context)
  if (options.context) {
    throw new FaultlineError(
      'bad_input',
      `context "${options.context}": there is no kubeconfig ($KUBECONFIG is not set, ${usual} does not exist)`,
    )
  }
  return fromServiceAccount(env, options.serviceAccountDir ?? '/var/run/secrets/kubernetes.io/serviceaccount')
}

/** A kubeconfig that lay somewhere else than in a file; `where` names it in messages. */
export function configFromText(text: string, where: string, context: string | null): KubeConfig {
  const parsed = parseKubeconfig(text, where)
  const name = context ?? parsed.currentContext
  checkContext(where, parsed, name)
  return toKubeConfig({ ...parsed, currentContext: name })
}

/** For an API server that wants no credentials, as the sandbox's. */
export function configForUrl(url: string, name: string): KubeConfig {
  return toKubeConfig(single({ name, server: url.replace(/\/$/, ''), skipTLSVerify: false }, { name }))
}

function fromFiles(paths: readonly string[], wanted: string | undefined): FoundCluster {
  const path = paths.join(delimiter)
  const merged = mergeKubeconfigs(paths.map(readKubeconfig))
  const name = wanted || merged.currentContext
  checkContext(path, merged, name)
  return { source: { kind: 'kubeconfig', path, context: name }, name, config: toKubeConfig({ ...merged, currentContext: name }) }
}

function checkContext(path: string, { contexts, clusters, users }: Kubeconfig, name: string): void {
  const bad = (what: string) => new FaultlineError('bad_input', `kubeconfig ${path}: ${what}`)
  const names = contexts.map((context) => context.name)
  if (names.length === 0) throw bad('there is no context in it')
  if (name === '') throw bad(`no current-context is set; choose one with --context: ${names.join(', ')}`)
  const context = contexts.find((candidate) => candidate.name === name)
  if (context === undefined) throw bad(`there is no context "${name}"${suggestion(name, names)}; there are: ${names.join(', ')}`)
  if (!clusters.some((cluster) => cluster.name === context.cluster)) {
    throw bad(`context "${name}" names cluster "${context.cluster}", which is not there or has no server`)
  }
  if (context.user && !users.some((user) => user.name === context.user))
    throw bad(`context "${name}" names user "${context.user}", which is not there`)
}

function suggestion(name: string, names: readonly string[]): string {
  const nearest = closest(name, names)
  return distance(name, nearest) <= Math.max(2, Math.floor(name.length / 3)) ? ` (did you mean "${nearest}"?)` : ''
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
function fromServiceAccount(env: Readonly<Record<string, string | undefined>>, dir: string): FoundCluster | 'none' {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env
  const tokenFile = join(dir, 'token')
  if (!host || !existsSync(tokenFile)) return 'none'
  const name = 'in-cluster'
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
  const cluster = { name, server, caFile: join(dir, 'ca.crt'), skipTLSVerify: false }
  return {
    source: { kind: 'in-cluster' },
    name,
    config: toKubeConfig(single(cluster, { name, authProvider: { name: 'tokenFile', config: { tokenFile } } })),
  }
}

function single(cluster: Cluster, user: Kubeconfig['users'][number]): Kubeconfig {
  const { name } = cluster
  return { clusters: [cluster], users: [user], contexts: [{ name, cluster: name, user: name }], currentContext: name }
}
