import { isDict, plainCopy, sameJson } from '../plain.ts'
import type { Dict } from '../wire.ts'

/** Lists that merge by a key; every other list is replaced as a whole. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  ports: ['containerPort', 'port'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  addresses: ['type'],
  taints: ['key'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
}

const primitiveSets = new Set(['finalizers'])
const setOrder = '$setElementOrder/'
const deletePrimitive = '$deleteFromPrimitiveList/'

/** Applies a JSON merge patch (RFC 7386): null removes, objects merge, all else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isDict(patch)) return plainCopy(patch)
  const result: Dict = isDict(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** Applies a strategic merge patch with its `$patch`, `$retainKeys`, `$setElementOrder` and `$deleteFromPrimitiveList`. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isDict(patch)) return plainCopy(patch)
  if (patch.$patch === 'replace') return withoutDirectives(patch)
  const result: Dict = isDict(target) ? { ...target } : {}
  const retained = patch.$retainKeys
  if (Array.isArray(retained)) for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key]
  for (const [key, value] of Object.entries(patch)) mergeField(result, key, value)
  for (const [key, order] of Object.entries(patch)) {
    if (key.startsWith(setOrder) && Array.isArray(order)) reorder(result, key.slice(setOrder.length), order)
  }
  return result
}

function mergeField(result: Dict, key: string, value: unknown): void {
  if (key.startsWith(deletePrimitive) && Array.isArray(value)) {
    const field = key.slice(deletePrimitive.length)
    const have = result[field]
    if (Array.isArray(have)) result[field] = have.filter((item) => !value.includes(item))
    return
  }
  if (key.startsWith('$')) return
  if (value === null) delete result[key]
  else if (isDict(value) && value.$patch === 'delete') delete result[key]
  else if (Array.isArray(value)) result[key] = mergeList(key, result[key], value)
  else result[key] = strategicMerge(result[key], value)
}

/** The field by which items of a list are the same one; undefined for lists without one. */
export function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  return mergeKeys[field]?.find((key) => items.some((item) => isDict(item) && item[key] !== undefined))
}

function mergeList(field: string, target: unknown, patch: readonly unknown[]): unknown[] {
  const have: unknown[] = Array.isArray(target) ? target : []
  if (primitiveSets.has(field)) return [...have, ...patch.filter((item) => !have.includes(item))]
  const key = mergeKeyOf(field, [...patch, ...have])
  if (key === undefined) return plainCopy([...patch])
  const replaces = patch.some((item) => isDict(item) && item.$patch === 'replace')
  let result = replaces ? [] : [...have]
  for (const item of patch) {
    if (!isDict(item) || item.$patch === 'replace') continue
    const index = result.findIndex((one) => isDict(one) && sameJson(one[key], item[key]))
    if (item.$patch === 'delete') result = result.filter((_one, at) => at !== index)
    else if (index < 0) result.push(strategicMerge({}, item))
    else result[index] = strategicMerge(result[index], item)
  }
  return result
}

function reorder(result: Dict, field: string, order: readonly unknown[]): void {
  const list = result[field]
  if (!Array.isArray(list)) return
  const key = mergeKeyOf(field, list)
  const rank = (item: unknown) => {
    const at = order.findIndex((one) => (key && isDict(one) && isDict(item) ? sameJson(one[key], item[key]) : sameJson(one, item)))
    return at < 0 ? order.length : at
  }
  result[field] = [...list].sort((a, b) => rank(a) - rank(b))
}

function withoutDirectives(patch: Dict): Dict {
  return plainCopy(Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$'))))
}
