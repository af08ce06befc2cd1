import { controllersOf, type Inventory } from './inventory.ts'
import type { Pod } from './kube.ts'
import { controllerOf, isReady } from './kube.ts'
import { managedBy, managedByLabel, optOutAnnotation } from './labels.ts'
import type { Refusal } from './refusal.ts'
import type { Step } from './suite.ts'

/** Pods of one controller (of a Deployment, over all its ReplicaSets), or a pod without one: what a share is a share of. */
export interface Workload {
  /** `Deployment jade`, as messages call it. */
  readonly name: string
  /** Those that are meant to serve: neither finished nor being deleted. */
  readonly pods: readonly Pod[]
}

/** What a suite has to say to hit more than the guard allows, as messages quote it. */
export const sayAll = '"blastRadius": "all"'

/** Whether the step says in so many words that it means all: by its `blastRadius`, or by the partition of all. */
export function saysAll({ fault, blastRadius }: Pick<Step, 'fault' | 'blastRadius'>): boolean {
  return blastRadius === 'all' || (fault.type === 'network_partition' && fault.kind === 'all')
}

/** The workloads of the namespace, by the key that `workloadKey` gives a pod. */
export function workloadsIn(inventory: Inventory): ReadonlyMap<string, Workload> {
  const found = new Map<string, { name: string; pods: Pod[] }>()
  for (const pod of inventory.pods) {
    if (!isServing(pod)) continue
    const { key, name } = ownerOf(pod, inventory.parents)
    const workload = found.get(key) ?? { name, pods: [] }
    workload.pods.push(pod)
    found.set(key, workload)
  }
  return found
}

/** Of which workload a pod is. */
export function workloadKey(pod: Pod, { parents }: Pick<Inventory, 'parents'>): string {
  return ownerOf(pod, parents).key
}

function ownerOf(pod: Pod, parents: Inventory['parents']): { readonly key: string; readonly name: string } {
  const top = controllersOf(pod, parents).at(-1)
  return top === undefined
    ? { key: `pod ${pod.metadata.name}`, name: `Pod ${pod.metadata.name}` }
    : { key: top.uid, name: `${top.kind} ${top.name}` }
}

/** Meant to serve: neither finished nor being deleted, and none of ours. */
export function isServing({ metadata, status }: Pod): boolean {
  const isOurs = metadata.labels?.[managedByLabel] === managedBy
  return !isOurs && metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
}

/** Why a pod must be left alone in any case: it, or the Deployment that it is of, is opted out. Null: it is not. */
export function whyOptedOut({ metadata }: Pod, { optedOut }: Pick<Inventory, 'optedOut'>): string | null {
  if (isOptedOut(metadata.annotations)) return `it is opted out (annotation ${optOutAnnotation})`
  const isOfOne = (metadata.ownerReferences ?? []).some(({ uid }) => optedOut?.has(uid))
  return isOfOne ? `its workload is opted out (annotation ${optOutAnnotation})` : null
}

/** Any value but `false` opts out: who is in doubt means to be left alone. */
export function isOptedOut(annotations: Readonly<Record<string, string>> | undefined): boolean {
  const value = annotations?.[optOutAnnotation]
  return value !== undefined && value !== 'false'
}

/** How many Ready pods of a workload a step may hit at most: half of it, so that one at least stays Ready; the one pod of a single one. */
export function allowanceOf({ pods }: Workload): number {
  if (pods.length <= 1) return 1
  const ready = pods.filter((pod) => isReady(pod)).length
  return Math.max(0, Math.min(Math.floor(pods.length / 2), ready - 1))
}

/**
 * Every workload of which these pods would be more than a step may hit without saying so: more than half of it, or all that are Ready. What
 * overlapping steps hit of it counts, too. The last word on each plan, whatever chose the pods. Pure.
 */
export function judgeBlastRadius(inventory: Inventory, hit: readonly Pod[]): readonly Pick<Refusal, 'code' | 'message'>[] {
  const uids = new Set(hit.map(({ metadata }) => metadata.uid))
  return [...workloadsIn(inventory).values()].flatMap(({ name, pods }) => {
    const own = pods.filter(({ metadata }) => uids.has(metadata.uid))
    if (pods.length <= 1 || own.length === 0) return []
    const struck = pods.filter((pod) => own.includes(pod) || inventory.hitBeside?.has(pod.metadata.uid ?? '') === true)
    const stay = pods.filter((pod) => isReady(pod) && !struck.includes(pod)).length
    const half = Math.floor(pods.length / 2)
    if (struck.length <= half && stay >= 1) return []
    const would = struck.length > half ? `at most ${half} may be (half of them)` : 'none of them would stay Ready, and one has to'
    const together = struck.length === own.length ? '' : ' by overlapping steps together'
    const message = `${struck.length} of the ${pods.length} pods of ${name} would be hit${together}; ${would}, unless the step says ${sayAll}`
    return [{ code: 'blast_radius' as const, message }]
  })
}

/** Pods that a drain of these nodes would evict, as far as the namespace's own go: DaemonSets' and the kubelet's own stay. */
export function podsOnNodes(inventory: Inventory, nodes: readonly string[]): readonly Pod[] {
  return inventory.pods.filter(
    (pod) =>
      isServing(pod) &&
      nodes.includes(pod.spec.nodeName ?? '') &&
      controllerOf(pod)?.kind !== 'DaemonSet' &&
      pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined,
  )
}
