import { isDict, sameJson } from '../plain.ts'
import type { Dict, KubeObject, ManagedFields } from '../wire.ts'

/** Parts of an object whose setters are remembered; whole lists count as one field. */
const tracked = ['labels', 'annotations', 'spec'] as const

/**
 * Whose the fields of an object are after `manager` changed it: what it set is its own, what it took away is no one's, the rest stays
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management, for updates).
 */
export function ownFields(
  before: KubeObject | undefined,
  after: KubeObject,
  by: { readonly manager: string; readonly time: string },
): void {
  const old = before === undefined ? new Map<string, unknown>() : leavesOf(before)
  const now = leavesOf(after)
  const changed = [...now].filter(([path, value]) => !sameJson(old.get(path), value)).map(([path]) => path)
  if (before !== undefined && changed.length === 0 && old.size === now.size) {
    if (before.metadata.managedFields !== undefined) after.metadata.managedFields = before.metadata.managedFields
    return
  }
  const entries = (before?.metadata.managedFields ?? []).map((entry) => ({ entry, paths: pathsIn(entry) }))
  const kept = entries.map(({ entry, paths }) => ({
    entry,
    paths: paths.filter((path) => now.has(path) && (entry.manager === by.manager || !changed.includes(path))),
  }))
  const own = kept.find(({ entry }) => entry.manager === by.manager)
  const mine = [...new Set([...(own?.paths ?? []), ...changed])]
  const time = changed.length > 0 || own === undefined ? by.time : own.entry.time
  after.metadata.managedFields = [
    ...kept.filter((one) => one !== own && one.paths.length > 0).map(({ entry, paths }) => entryOf(entry.manager, paths, entry.time)),
    ...(mine.length === 0 ? [] : [entryOf(by.manager, mine, time)]),
  ]
  if (after.metadata.managedFields.length === 0) delete after.metadata.managedFields
}

const separator = '\u0000'

function leavesOf(object: KubeObject): Map<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const part of tracked) {
    const value = part === 'spec' ? object.spec : object.metadata[part]
    const root = part === 'spec' ? ['f:spec'] : ['f:metadata', `f:${part}`]
    if (isDict(value)) collect(value, root, leaves)
  }
  return leaves
}

function collect(value: Dict, path: readonly string[], leaves: Map<string, unknown>): void {
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, `f:${key}`]
    if (isDict(inner)) collect(inner, here, leaves)
    else leaves.set(here.join(separator), inner)
  }
}

function pathsIn(entry: ManagedFields): string[] {
  const paths: string[] = []
  const walk = (fields: Dict, path: readonly string[]) => {
    for (const [key, inner] of Object.entries(fields)) {
      if (isDict(inner) && Object.keys(inner).length > 0) walk(inner, [...path, key])
      else paths.push([...path, key].join(separator))
    }
  }
  walk(entry.fieldsV1, [])
  return paths
}

function entryOf(manager: string, paths: readonly string[], time: string): ManagedFields {
  const fieldsV1: Dict = {}
  for (const path of paths) {
    let fields = fieldsV1
    for (const key of path.split(separator)) {
      fields[key] ??= {}
      fields = fields[key] as Dict
    }
  }
  return { manager, operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1 }
}
