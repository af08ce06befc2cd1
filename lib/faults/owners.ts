import { KubernetesError } from '../domain/errors.ts'
import type { Job, KubeObject, OwnerReference, Pod } from '../domain/kube.ts'
import { controllerOf, isReady } from '../domain/kube.ts'
import type { OwnerBefore } from '../domain/owner-before.ts'
import type { FaultContext } from './fault.ts'

/** What a controller has, and what it owes. */
export interface OwnerNow {
  readonly label: string
  /** Why it owes no pods any more; null while it does. */
  readonly over: string | null
  readonly ready: number
  readonly wanted: number
  /** False for a controller of a kind that is not known here, or that may not be read: whether it was scaled down cannot be told. */
  readonly known: boolean
}

/** Controllers that can be read; of every other kind (a CloneSet, a Rollout) only the pods are counted. */
const readable = ['apps/v1/ReplicaSet', 'apps/v1/StatefulSet', 'apps/v1/Deployment', 'apps/v1/DaemonSet', 'batch/v1/Job']
/** Of these, a run does without the right to read them: it says that it cannot tell whether they were scaled down. */
const oftenForbidden = ['apps/v1/DaemonSet']

/** The controllers of these pods, each with its Ready pods among `all`. */
export function ownersOf(pods: readonly Pod[], all: readonly Pod[]): readonly OwnerBefore[] {
  const owners = new Map(pods.flatMap((pod) => controllerOf(pod) ?? []).map((owner) => [owner.uid, owner]))
  return [...owners.values()].map(({ apiVersion, kind, name, uid }) => ({ apiVersion, kind, name, uid, ready: readyOf(all, uid) }))
}

/** Looks a controller up, and the pods of its namespace: what it has now, and what it owes. */
export async function lookAtOwner(context: FaultContext, namespace: string, owner: OwnerBefore): Promise<OwnerNow> {
  const [controller, pods] = await Promise.all([
    readOwner(context, namespace, owner),
    context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }),
  ])
  return ownerNow(owner, controller, pods)
}

/** By these pods of its namespace. One that was scaled down, has completed or is gone itself owes fewer pods than it had, or none. */
export function ownerNow(owner: OwnerBefore, read: Controller | 'unread' | undefined, pods: readonly Pod[]): OwnerNow {
  const label = `${owner.kind} ${owner.name}`
  const known = read !== 'unread'
  const found = read === 'unread' ? undefined : read
  if (known && found === undefined) return { label, over: `${label} is gone itself`, ready: 0, wanted: 0, known }
  if (found !== undefined && hasEnded(found)) return { label, over: `${label} has ended`, ready: 0, wanted: 0, known }
  const wanted = Math.min(owner.ready, wantedBy(found) ?? owner.ready)
  return { label, over: null, ready: readyOf(pods, owner.uid), wanted, known }
}

interface Controller extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly parallelism?: number }
  readonly status?: Job['status'] & { readonly desiredNumberScheduled?: number }
}

/** A DaemonSet has a pod on each node that fits, which its status counts. */
function wantedBy(controller: Controller | undefined): number | undefined {
  return controller?.spec?.replicas ?? controller?.spec?.parallelism ?? controller?.status?.desiredNumberScheduled
}

/** Undefined when it is gone or another bears its name; `unread` when it is of a kind that is not read, or may not be. */
export async function readOwner(context: FaultContext, namespace: string, owner: OwnerBefore): Promise<Controller | 'unread' | undefined> {
  if (!isAmong(readable, owner)) return 'unread'
  const { apiVersion, kind, name, uid } = owner
  try {
    const found = await context.cluster.objects.get<Controller>({ apiVersion, kind, namespace, name })
    return found?.metadata.uid === uid ? found : undefined
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden' && isAmong(oftenForbidden, owner)) return 'unread'
    throw error
  }
}

function hasEnded(controller: Controller): boolean {
  const ends = ['Complete', 'Failed']
  return controller.kind === 'Job' && (controller.status?.conditions ?? []).some((c) => ends.includes(c.type) && c.status === 'True')
}

function isAmong(kinds: readonly string[], { apiVersion, kind }: Pick<OwnerReference, 'apiVersion' | 'kind'>): boolean {
  return kinds.includes(`${apiVersion}/${kind}`)
}

/** How many of these pods are that controller's, and Ready. */
export function readyOf(pods: readonly Pod[], ownerUid: string): number {
  return pods.filter((pod) => controllerOf(pod)?.uid === ownerUid && isReady(pod)).length
}
