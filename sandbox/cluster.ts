import { applyDefaults, reapplyDefaults } from './admission/defaults.ts'
import { podSecurityRefusal } from './admission/pod-security.ts'
import { enforceQuota } from './admission/quota.ts'
import type { Rules } from './admission/rules.ts'
import { validate } from './admission/validate.ts'
import { ownFields } from './api/managed-fields.ts'
import { alreadyExists, badRequest, conflict, forbidden, notFound, StatusError, staleWrite } from './api/status.ts'
import { EventIndex } from './event-index.ts'
import { plainCopy, sameJson, timestamp } from './plain.ts'
import { PodIndex } from './pod-index.ts'
import type { Random } from './random.ts'
import { apiVersionOf, type Resource, resourceNamed, resourceOf } from './resources.ts'
import type { Found, Store } from './store.ts'
import type { Timers } from './timers.ts'
import type { KubeObject, Manifest, ObjectMeta, Pod } from './wire.ts'

interface Parts {
  readonly store: Store
  readonly timers: Timers
  readonly random: Random
  readonly rules: Rules
}

export interface CreateOptions {
  readonly namespace?: string | undefined
  readonly dryRun?: boolean
}

export interface ReplaceOptions {
  readonly dryRun?: boolean
  readonly subresource?: 'status' | undefined
  /** Who writes, as `managedFields` will name it; of nodes and pods only. */
  readonly manager?: string
}

/** The write path every client and controller shares: defaults, admission, validation, versions, storage. */
export class Cluster {
  readonly store: Store
  readonly timers: Timers
  readonly random: Random
  readonly rules: Rules
  readonly pods: PodIndex
  readonly events: EventIndex

  constructor({ store, timers, random, rules }: Parts) {
    this.store = store
    this.timers = timers
    this.random = random
    this.rules = rules
    this.pods = new PodIndex(store)
    this.events = new EventIndex(store)
  }

  now(): number {
    return this.timers.now()
  }

  timestamp(offsetMs = 0): string {
    return timestamp(this.now() + offsetMs)
  }

  /** Reads one object or throws 404. */
  get<P extends string>(plural: P, name: string, namespace?: string): Found<P> {
    const found = this.store.get(plural, name, namespace)
    if (found === undefined) throw notFound(resourceNamed(plural), name)
    return found
  }

  /** Creates an object as a POST would; throws a StatusError when it is refused. A dry run stores nothing. */
  create<P extends string>(plural: P, manifest: Manifest, { namespace, dryRun = false }: CreateOptions = {}): Found<P> {
    const resource = resourceNamed(plural)
    const draft = this.#draft(resource, manifest, namespace)
    this.#checkNamespace(resource, draft)
    applyDefaults(draft)
    this.rules.mutate(resource, draft)
    this.rules.admit(resource, 'create', draft.metadata.namespace)
    if (plural === 'pods') this.#checkPodSecurity(resource, draft as Pod)
    validate(resource, draft)
    enforceQuota(this, resource, draft)
    if (this.store.get(plural, draft.metadata.name, draft.metadata.namespace)) throw alreadyExists(resource, draft.metadata.name)
    return (dryRun ? draft : this.store.put(draft)) as Found<P>
  }

  /**
   * Writes a whole object as a PUT would. A given resourceVersion or UID that differs from the stored one throws 409;
   * the status is written only through its subresource, and everything else only without it.
   */
  replace(plural: string, wanted: KubeObject, { dryRun = false, subresource, manager }: ReplaceOptions = {}): KubeObject {
    const resource = resourceNamed(plural)
    const current = this.get(plural, wanted.metadata.name, wanted.metadata.namespace) as KubeObject
    checkIdentity(resource, current, wanted.metadata)
    const draft = subresource === 'status' ? { ...plainCopy(current), status: plainCopy(wanted.status) } : merged(resource, current, wanted)
    if (subresource === undefined) {
      reapplyDefaults(draft)
      this.rules.admit(resource, 'update', draft.metadata.namespace)
      validate(resource, draft, current)
      if (manager !== undefined && ownedByField.includes(plural)) ownFields(current, draft, { manager, time: this.timestamp() })
    }
    return this.#commit(current, draft, dryRun)
  }

  /**
   * A controller's write: changes the newest copy of the same object (by UID) in place and stores it when anything
   * changed. Undefined when the object is gone.
   */
  modify<T extends KubeObject>(object: T, change: (draft: T) => void): T | undefined {
    const current = this.store.byUid(object.metadata.uid) as T | undefined
    if (current === undefined) return undefined
    const draft = plainCopy(current)
    change(draft)
    return this.#commit(current, draft, false) as T
  }

  /** Removes the object for good, or keeps it with a deletionTimestamp while finalizers hold it. */
  finish(object: KubeObject): KubeObject {
    if ((object.metadata.finalizers ?? []).length === 0) {
      this.store.remove(object)
      return object
    }
    const held = this.modify(object, ({ metadata }) => {
      metadata.deletionTimestamp ??= this.timestamp()
      metadata.deletionGracePeriodSeconds = 0
    })
    return held ?? object
  }

  #draft(resource: Resource, manifest: Manifest, namespace: string | undefined): KubeObject {
    const given = plainCopy(manifest.metadata ?? {})
    const apiVersion = apiVersionOf(resource)
    if (manifest.kind !== undefined && manifest.kind !== resource.kind) {
      throw badRequest(`${manifest.kind} in version "${manifest.apiVersion}" cannot be handled as a ${resource.kind}`)
    }
    if (namespace !== undefined && given.namespace !== undefined && given.namespace !== namespace) {
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
    const name = given.name || (given.generateName ? `${given.generateName}${this.random.suffix()}` : '')
    const metadata: ObjectMeta = { ...given, name, uid: this.random.uid(), resourceVersion: '', creationTimestamp: this.timestamp() }
    delete metadata.deletionTimestamp
    delete metadata.deletionGracePeriodSeconds
    if (resource.namespaced) metadata.namespace = namespace ?? given.namespace ?? 'default'
    else delete metadata.namespace
    const rest = plainCopy(manifest)
    return { ...rest, apiVersion, kind: resource.kind, metadata }
  }

  #checkNamespace(resource: Resource, draft: KubeObject): void {
    const name = draft.metadata.namespace
    if (name === undefined) return
    const namespace = this.get('namespaces', name)
    if (namespace.metadata.deletionTimestamp === undefined) return
    throw forbidden(resource, draft.metadata.name, `unable to create new content in namespace ${name} because it is being terminated`)
  }

  #checkPodSecurity(resource: Resource, pod: Pod): void {
    const labels = this.store.get('namespaces', pod.metadata.namespace ?? '')?.metadata.labels
    const refusal = podSecurityRefusal(labels?.['pod-security.kubernetes.io/enforce'], pod.spec)
    if (refusal !== undefined) throw forbidden(resource, pod.metadata.name, refusal)
  }

  #commit(current: KubeObject, draft: KubeObject, dryRun: boolean): KubeObject {
    if (sameJson(current, draft)) return current
    const { generation } = draft.metadata
    if (generation !== undefined && !sameJson(current.spec, draft.spec)) draft.metadata.generation = generation + 1
    if (dryRun) return draft
    const stored = this.store.put(draft)
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = stored.metadata
    const over = deletionTimestamp !== undefined && deletionGracePeriodSeconds === 0 && finalizers.length === 0
    if (over && stored.kind !== 'Namespace') this.store.remove(stored)
    return stored
  }
}

/** What people and clients change side by side. */
const ownedByField = ['nodes', 'pods']

function checkIdentity(resource: Resource, current: KubeObject, wanted: Partial<ObjectMeta>): void {
  const { uid, resourceVersion, name } = current.metadata
  if (wanted.uid && wanted.uid !== uid) {
    throw conflict(resource, name, `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`)
  }
  if (wanted.resourceVersion && wanted.resourceVersion !== resourceVersion) throw staleWrite(resource, name)
}

/** The object as asked for, with what only the server decides taken from the stored one. */
function merged(resource: Resource, current: KubeObject, wanted: KubeObject): KubeObject {
  const draft = plainCopy(wanted)
  const { uid, creationTimestamp, resourceVersion, generation, deletionTimestamp, deletionGracePeriodSeconds } = current.metadata
  const metadata: ObjectMeta = { ...draft.metadata, uid, creationTimestamp, resourceVersion }
  if (generation !== undefined) metadata.generation = generation
  if (deletionTimestamp !== undefined) metadata.deletionTimestamp = deletionTimestamp
  if (deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds
  if (resource.namespaced && current.metadata.namespace !== undefined) metadata.namespace = current.metadata.namespace
  const result: KubeObject = { ...draft, apiVersion: current.apiVersion, kind: current.kind, metadata }
  if (!resource.subresources.includes('status')) return result
  if (current.status === undefined) delete result.status
  else result.status = plainCopy(current.status)
  return result
}

/** The resource an object belongs to; throws for a kind the cluster does not serve. */
export function resourceFor(object: KubeObject): Resource {
  const found = resourceOf(object)
  if (found === undefined) throw new StatusError({ code: 404, reason: 'NotFound', message: `no matches for kind ${object.kind}` })
  return found
}
