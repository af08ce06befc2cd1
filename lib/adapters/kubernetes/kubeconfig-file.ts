import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { load } from 'js-yaml'
import { FaultlineError } from '../../domain/errors.ts'
import { codeOf, wordsOf } from './message-text.ts'

type Fields = Readonly<Record<string, unknown>>

/** An entry of `clusters`, `users` or `contexts`: its fields as they stand, paths made absolute. Only the entries that are used are checked. */
export interface RawEntry {
  readonly name: string
  readonly fields: Fields
}

/** What kubeconfig files say, merged. */
export interface RawKubeconfig {
  readonly clusters: readonly RawEntry[]
  readonly users: readonly RawEntry[]
  readonly contexts: readonly RawEntry[]
  readonly currentContext: string
}

/** Fields that name a file; kubectl reads relative ones from the folder of the kubeconfig that they stand in. */
export const fileFields = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const

/** Reads one file. Bad_input when it is missing, is not YAML, or is something else than a kubeconfig. */
export function readKubeconfig(path: string): RawKubeconfig {
  return parseKubeconfig(readText(path), path)
}

/** As `readKubeconfig`, for a text that came from elsewhere; `path` names it in messages, and relative paths in it start there. */
export function parseKubeconfig(text: string, path: string): RawKubeconfig {
  const raw = parseYaml(path, text)
  const root = dirname(resolve(path))
  const list = (key: string, inner: string) =>
    entriesOf({ raw, key, inner, path }).map((entry) => ({ ...entry, fields: absolute(entry.fields, root) }))
  return {
    clusters: list('clusters', 'cluster'),
    users: list('users', 'user'),
    contexts: list('contexts', 'context'),
    currentContext: typeof raw['current-context'] === 'string' ? raw['current-context'] : '',
  }
}

/**
 * As kubectl merges $KUBECONFIG (https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files):
 * of two entries of one name, and of two current contexts, the first counts, and nothing of the second.
 */
export function mergeKubeconfigs(files: readonly RawKubeconfig[]): RawKubeconfig {
  return {
    clusters: firstOfEachName(files.flatMap((file) => file.clusters)),
    users: firstOfEachName(files.flatMap((file) => file.users)),
    contexts: firstOfEachName(files.flatMap((file) => file.contexts)),
    currentContext: files.find((file) => file.currentContext !== '')?.currentContext ?? '',
  }
}

/** Bad_input about a kubeconfig. */
export function badKubeconfig(path: string, what: string, cause?: unknown): FaultlineError {
  return new FaultlineError('bad_input', `kubeconfig ${path}: ${what}`, { cause })
}

function entriesOf({
  raw,
  key,
  inner,
  path,
}: {
  readonly raw: Fields
  readonly key: string
  readonly inner: string
  readonly path: string
}) {
  const list = raw[key] ?? []
  if (!Array.isArray(list)) throw badKubeconfig(path, `${key} is not a list`)
  const entries = list.flatMap((entry): readonly RawEntry[] => {
    const { name, [inner]: fields } = Object(entry) as Fields
    return typeof name === 'string' && name !== '' ? [{ name, fields: Object(fields) as Fields }] : []
  })
  const twice = entries.find(({ name }, n) => entries.findIndex((other) => other.name === name) < n)
  if (twice !== undefined) throw badKubeconfig(path, `${key} has two entries named "${twice.name}"`)
  return entries
}

function absolute(fields: Fields, root: string): Fields {
  const paths = fileFields.flatMap((key) => {
    const path = fields[key]
    return typeof path === 'string' && path !== '' ? [[key, resolve(root, path)] as const] : []
  })
  const { exec } = fields
  const command = (Object(exec) as Fields).command
  // A bare name is looked for in $PATH.
  const plugin = typeof command === 'string' && command.includes('/') ? { exec: { ...Object(exec), command: resolve(root, command) } } : {}
  return { ...fields, ...Object.fromEntries(paths), ...plugin }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT'
    throw badKubeconfig(path, missing ? 'there is no such file' : `cannot be read: ${wordsOf(error)}`, error)
  }
}

function parseYaml(path: string, text: string): Fields {
  let raw: unknown
  try {
    raw = text.trim() === '' ? {} : load(text)
  } catch (error) {
    // Never the parser's own message: it quotes the lines around, and those hold tokens.
    throw badKubeconfig(path, `is not YAML${placeOf(error)}`)
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw badKubeconfig(path, 'is YAML, but not a kubeconfig')
  return raw as Fields
}

/** Reason and place, as js-yaml has them, without the text of the file. */
function placeOf(error: unknown): string {
  const { reason, mark } = error as { readonly reason?: string; readonly mark?: { readonly line: number; readonly column: number } }
  if (reason === undefined || mark === undefined) return ''
  return `: ${reason} (line ${mark.line + 1}, column ${mark.column + 1})`
}

function firstOfEachName(entries: readonly RawEntry[]): readonly RawEntry[] {
  return entries.filter((entry, index) => entries.findIndex(({ name }) => name === entry.name) === index)
}
