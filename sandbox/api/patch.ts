import { isDict, plainCopy } from '../plain.ts'
import { type Resource, resourceNamed } from '../resources.ts'
import type { Dict, KubeObject, Manifest } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import { jsonPatch } from './json-patch.ts'
import { badRequest, invalid, notFound, unsupportedMedia } from './status.ts'
import { mergeKeyOf, mergePatch, strategicMerge } from './strategic-merge.ts'

const applyType = 'application/apply-patch+yaml'
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json', applyType]

interface Where {
  readonly resource: Resource
  readonly name: string
  readonly namespace: string | undefined
  readonly subresource?: 'status' | undefined
}

interface Patched {
  readonly object: KubeObject
  readonly created: boolean
}

/** Carries out a PATCH of any kind; server-side apply creates what is missing. */
export function patchObject(backend: Backend, where: Where, exchange: Exchange): Patched {
  const { contentType } = exchange
  if (!patchTypes.includes(contentType)) throw unsupportedMedia(contentType, patchTypes)
  if (contentType === applyType) return apply(backend, where, exchange)
  const current = backend.cluster.store.get(where.resource.plural, where.name, where.namespace)
  if (current === undefined) throw notFound(where.resource, where.name)
  return { object: write(backend, where, patchedBy(contentType, current, exchange.parsed()), exchange), created: false }
}

/** A copy of the object as a patch of this content type leaves it. */
export function patchedBy(contentType: string, current: KubeObject, patch: unknown): KubeObject {
  const copy = plainCopy(current)
  const { resourceVersion: _known, ...metadata } = copy.metadata
  const target: Dict = { ...copy, metadata }
  const patchers: Record<string, (target: unknown, patch: unknown) => unknown> = {
    'application/json-patch+json': (_target, operations) => unchangedVersion(current, jsonPatch(copy, operations)),
    'application/merge-patch+json': mergePatch,
    'application/strategic-merge-patch+json': strategicMerge,
  }
  const result = patchers[contentType]?.(target, patch)
  if (!isDict(result) || !isDict(result.metadata)) throw badRequest('the patch does not leave an object with metadata')
  return result as KubeObject
}

/** A JSON patch that leaves the version alone must not be taken for one that demands it. */
function unchangedVersion(current: KubeObject, result: unknown): unknown {
  const metadata = isDict(result) && isDict(result.metadata) ? result.metadata : undefined
  if (metadata?.resourceVersion === current.metadata.resourceVersion) delete metadata.resourceVersion
  return result
}

function write(backend: Backend, where: Where, wanted: KubeObject, { dryRun, manager }: Exchange): KubeObject {
  const { resource, name, namespace, subresource } = where
  checkName(wanted, name)
  checkUid(resource.plural, backend.cluster.get(resource.plural, name, namespace) as KubeObject, wanted)
  if (namespace !== undefined) wanted.metadata.namespace = namespace
  return backend.cluster.replace(resource.plural, wanted, { dryRun, subresource, manager })
}

/** 400 when the object in the body is another than the one in the path. */
export function checkName(object: Manifest, name: string): void {
  const given = object.metadata?.name
  if (given !== undefined && given !== name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  }
}

/** A patch that names another UID is not a failed precondition (409), as a PUT would be: the field is immutable. */
function checkUid(plural: string, current: KubeObject, wanted: KubeObject): void {
  const { uid } = wanted.metadata
  if (uid === current.metadata.uid) return
  throw invalid(resourceNamed(plural), current.metadata.name, [
    { reason: 'FieldValueInvalid', field: 'metadata.uid', message: `Invalid value: "${uid}": field is immutable` },
  ])
}

function apply(backend: Backend, where: Where, exchange: Exchange): Patched {
  const { resource, name, namespace } = where
  const manager = exchange.query('fieldManager')
  if (manager === undefined)
    throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch')
  const config = exchange.json() ?? {}
  checkName(config, name)
  const current = backend.cluster.store.get(resource.plural, name, namespace)
  const known = (object: KubeObject) => `${object.metadata.uid}/${manager}/${where.subresource ?? ''}`
  if (current === undefined) {
    const manifest = { ...config, metadata: { ...(config.metadata as Dict | undefined), name } }
    const object = backend.cluster.create(resource.plural, manifest, { namespace, dryRun: exchange.dryRun }) as KubeObject
    if (!exchange.dryRun) backend.applied.set(known(object), config)
    return { object, created: true }
  }
  const { resourceVersion: _known, ...metadata } = plainCopy(current).metadata
  const pruned = withoutDropped({ ...plainCopy(current), metadata }, backend.applied.get(known(current)), config)
  const wanted = strategicMerge(pruned, config) as KubeObject
  const object = write(backend, where, wanted, exchange)
  if (!exchange.dryRun) backend.applied.set(known(object), config)
  return { object, created: false }
}

/** Removes from `target` what was applied last time and is not in the new configuration. */
function withoutDropped(target: Dict, last: Dict | undefined, next: Dict): Dict {
  const result = { ...target }
  for (const [key, before] of Object.entries(last ?? {})) {
    const after = next[key]
    const have = result[key]
    if (after === undefined) delete result[key]
    else if (isDict(before) && isDict(after) && isDict(have)) result[key] = withoutDropped(have, before, after)
    else if (Array.isArray(before) && Array.isArray(after) && Array.isArray(have)) {
      const by = mergeKeyOf(key, before)
      if (by === undefined) continue
      const values = (list: readonly unknown[]) => new Set(list.map((item) => (isDict(item) ? item[by] : undefined)))
      const [were, are] = [values(before), values(after)]
      result[key] = have.filter((item) => !isDict(item) || !were.has(item[by]) || are.has(item[by]))
    }
  }
  return result
}
