import type { KubeObject, ObjectRef } from '../../domain/kube.ts'
import { fieldManager } from '../../domain/managed-fields.ts'
import type { Deletion, KubeObjects, Repeats } from '../../ports.ts'
import { isAbsent, jsonIn } from './errors.ts'
import type { Answer } from './exchange.ts'
import { inOneCall, listAll } from './list.ts'
import { collectionOf, nameOf, pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

/** Objects over the plain REST API: JSON as it is on the wire (client-node's models would turn times into Dates). */
export function kubeObjects(transport: Transport): KubeObjects {
  return {
    get: (ref) => get(transport, ref),
    list: inOneCall((kind, options) => listAll(transport, kind, options)),
    create: (object, options) => create(transport, object, options ?? {}),
    patch: (ref, patch, options) => change(transport, ref, { patch, ...options }),
    delete: (ref, options) => remove(transport, ref, options ?? {}),
  }
}

async function get<T extends KubeObject>(transport: Transport, ref: ObjectRef): Promise<T | undefined> {
  const tried = `get ${nameOf(ref)}`
  const answer = await transport.send({ method: 'GET', path: pathOf(ref), tried, repeat: 'always' })
  return isAbsent(answer, ref) ? undefined : objectIn<T>(tried, answer)
}

/** Repeated when its answer was lost: if the first attempt went through, the second says already_exists, and the caller reads back. */
async function create<T extends KubeObject>(
  transport: Transport,
  object: T,
  { dryRun = false, until }: { readonly dryRun?: boolean } & Repeats,
): Promise<T> {
  const { name, namespace } = object.metadata
  const place = { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) }
  const tried = `create ${nameOf(place)}${dryRun ? ' (dry run)' : ''}`
  const query = { fieldManager, ...(dryRun ? { dryRun: 'All' } : {}) }
  const answer = await transport.send({ method: 'POST', path: collectionOf(place), query, body: object, tried, repeat: 'always', until })
  return objectIn<T>(tried, answer)
}

/** Repeated when its answer was lost: a merge patch gives the same again; a `test` or a resourceVersion that no longer holds says so. */
async function change<T extends KubeObject>(
  transport: Transport,
  ref: ObjectRef,
  { patch, until }: { readonly patch: object } & Repeats,
): Promise<T> {
  const tried = `patch ${nameOf(ref)}`
  const contentType = Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json'
  const answer = await transport.send({
    method: 'PATCH',
    path: pathOf(ref),
    query: { fieldManager },
    body: patch,
    contentType,
    tried,
    repeat: 'always',
    until,
  })
  return objectIn<T>(tried, answer)
}

/** Without a UID a repetition could take a successor of the same name, so it is repeated only when it cannot have arrived. */
async function remove(transport: Transport, ref: ObjectRef, options: { uid?: string; graceSeconds?: number } & Repeats): Promise<Deletion> {
  const { uid, graceSeconds, until } = options
  const tried = `delete ${nameOf(ref)}`
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
    ...(uid === undefined ? {} : { preconditions: { uid } }),
    ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
  }
  const answer = await transport.send({
    method: 'DELETE',
    path: pathOf(ref),
    body,
    tried,
    repeat: uid === undefined ? 'unsent' : 'always',
    until,
  })
  const isGone = isAbsent(answer, ref) || (uid !== undefined && answer.status === 409)
  if (isGone && answer.afterLost === true) return 'unclear'
  if (isAbsent(answer, ref)) return 'absent'
  return isRemoved(jsonIn(tried, answer)) ? 'removed' : 'deleted'
}

/** An object that waits for its grace or its finalizers is answered itself; one that is gone by a Status (a pod is answered in any case). */
function isRemoved(body: object): boolean {
  const { kind, status } = body as { readonly kind?: string; readonly status?: unknown }
  return kind === 'Status' && status === 'Success'
}

function objectIn<T extends KubeObject>(tried: string, answer: Answer): T {
  return jsonIn(tried, answer) as T
}
