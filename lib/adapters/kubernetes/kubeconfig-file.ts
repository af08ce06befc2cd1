import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Cluster, type Context, KubeConfig, loadYaml, type User } from '@kubernetes/client-node'
import { FaultlineError } from '../../domain/errors.ts'
import { codeOf, wordsOf } from './message-text.ts'

/** What kubeconfig files say, merged. */
export interface Kubeconfig {
  readonly clusters: readonly Cluster[]
  readonly users: readonly User[]
  readonly contexts: readonly Context[]
  readonly currentContext: string
}

interface RawUser {
  readonly name?: string
  readonly user?: { readonly tokenFile?: string } | null
}

/** Reads one file. Bad_input when it is missing, is not YAML, or is something else than a kubeconfig. */
export function readKubeconfig(path: string): Kubeconfig {
  return parseKubeconfig(readText(path), path)
}

/** As `readKubeconfig`, for a text that came from elsewhere; `path` names it in messages, and relative paths in it start there. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  const raw = parseYaml(path, text)
  const config = new KubeConfig()
  try {
    config.loadFromString(JSON.stringify(raw), { onInvalidEntry: 'filter' })
  } catch (error) {
    throw bad(path, `cannot be read: ${wordsOf(error)}`, error)
  }
  const root = dirname(resolve(path))
  config.makePathsAbsolute(root)
  const users = config.users.map((user) =>
    completed(
      user,
      rawUsers(raw).find(({ name }) => name === user.name),
      root,
    ),
  )
  return { clusters: config.clusters, users, contexts: config.contexts, currentContext: config.currentContext ?? '' }
}

/** As kubectl merges $KUBECONFIG: of two entries of one name, and of two current contexts, the first counts. */
export function mergeKubeconfigs(files: readonly Kubeconfig[]): Kubeconfig {
  return {
    clusters: firstOfEachName(files.flatMap((file) => file.clusters)),
    users: firstOfEachName(files.flatMap((file) => file.users)),
    contexts: firstOfEachName(files.flatMap((file) => file.contexts)),
    currentContext: files.find((file) => file.currentContext !== '')?.currentContext ?? '',
  }
}

/** client-node's own object, which knows every way to authenticate. */
export function toKubeConfig(parts: Kubeconfig): KubeConfig {
  const config = new KubeConfig()
  config.loadFromOptions({ ...parts, clusters: [...parts.clusters], users: [...parts.users], contexts: [...parts.contexts] })
  return config
}

/** What client-node does not read: `tokenFile`, an exec plugin's command relative to the file, and the variable that plugins are told by. */
function completed(user: User, raw: RawUser | undefined, root: string): User {
  const tokenFile = raw?.user?.tokenFile
  if (tokenFile) return { ...user, authProvider: { name: 'tokenFile', config: { tokenFile: resolve(root, tokenFile) } } }
  if (!user.exec) return user
  const { command, env } = user.exec as { command?: string; env?: readonly { name: string; value: string }[] | null }
  const info = { apiVersion: user.exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } }
  return {
    ...user,
    exec: {
      ...user.exec,
      command: command?.includes('/') ? resolve(root, command) : command,
      env: [...(env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
    },
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT'
    throw bad(path, missing ? 'there is no such file' : `cannot be read: ${wordsOf(error)}`, error)
  }
}

function parseYaml(path: string, text: string): object {
  let raw: unknown
  try {
    raw = text.trim() === '' ? {} : loadYaml(text)
  } catch (error) {
    // Never the parser's own message: it quotes the lines around, and those hold tokens.
    throw bad(path, `is not YAML${placeOf(error)}`)
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw bad(path, 'is YAML, but not a kubeconfig')
  return raw
}

/** Reason and place, as js-yaml has them, without the text of the file. */
function placeOf(error: unknown): string {
  const { reason, mark } = error as { readonly reason?: string; readonly mark?: { readonly line: number; readonly column: number } }
  if (reason === undefined || mark === undefined) return ''
  return `: ${reason} (line ${mark.line + 1}, column ${mark.column + 1})`
}

function rawUsers(raw: object): readonly RawUser[] {
  return 'users' in raw && Array.isArray(raw.users) ? raw.users : []
}

function firstOfEachName<T extends { readonly name: string }>(entries: readonly T[]): T[] {
  return entries.filter((entry, index) => entries.findIndex(({ name }) => name === entry.name) === index)
}

function bad(path: string, what: string, cause?: unknown): FaultlineError {
  return new FaultlineError('bad_input', `kubeconfig ${path}: ${what}`, { cause })
}
