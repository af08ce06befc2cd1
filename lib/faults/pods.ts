import type { Target } from '../domain/injection.ts'
import type { Pod } from '../domain/kube.ts'
import { isReady } from '../domain/kube.ts'
import type { Cluster } from '../ports.ts'
import type { FaultContext } from './fault.ts'

/** Up to so many pods are read one by one; more take one list of their namespace, which is one call for each 500 pods. */
const mostGets = 2
/** A list has whole pods, so where a namespace was seen to hold more than so many for each that is wanted, they are read one by one. */
const mostPerTarget = 50
const sizes = new WeakMap<Cluster, Map<string, number>>()

/** The pods that targets name, as they are now; a pod of the same name with another UID is not the target. */
export async function currentPods(context: Pick<FaultContext, 'cluster'>, targets: readonly Target[]): Promise<ReadonlyMap<string, Pod>> {
  return podsAmong(await readPods(context, targets), targets)
}

/** The pods among these that targets name. */
export function podsAmong(pods: readonly Pod[], targets: readonly Target[]): ReadonlyMap<string, Pod> {
  const uids = new Set(targets.map(({ uid }) => uid))
  return new Map(pods.filter(({ metadata }) => uids.has(metadata.uid ?? '')).map((pod) => [pod.metadata.name, pod]))
}

async function readPods({ cluster }: Pick<FaultContext, 'cluster'>, targets: readonly Target[]): Promise<readonly Pod[]> {
  const kind = { apiVersion: 'v1', kind: 'Pod' }
  const namespaces = [...new Set(targets.map(({ namespace }) => namespace))]
  const seen = sizes.get(cluster) ?? new Map<string, number>()
  const held = namespaces.reduce((sum, namespace) => sum + (seen.get(namespace) ?? 0), 0)
  if (targets.length <= mostGets || held > targets.length * mostPerTarget) {
    const pods = await Promise.all(targets.map(({ namespace, name }) => cluster.objects.get<Pod>({ ...kind, namespace, name })))
    return pods.filter((pod) => pod !== undefined)
  }
  const lists = await Promise.all(namespaces.map((namespace) => cluster.objects.list<Pod>(kind, { namespace })))
  sizes.set(cluster, new Map([...seen, ...namespaces.map((namespace, i) => [namespace, lists[i]?.length ?? 0] as const)]))
  return lists.flat()
}

/** Ready, so that a canary that stays closed is a matter of the network and not of the pod. */
export function answers(pod: Pod | undefined): boolean {
  return pod !== undefined && isReady(pod)
}

/** How often the pod's containers were started again, in all. */
export function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, status) => sum + status.restartCount, 0)
}

/** Whether a container is down, or was started again since its restarts were counted. */
export function hasCrashed(pod: Pod, restartsBefore: number | undefined): boolean {
  const down = (pod.status?.containerStatuses ?? []).some((status) => status.state?.running === undefined)
  return down || (restartsBefore !== undefined && restartsOf(pod) > restartsBefore)
}

/** Where a pod can be dialled: the first declared TCP port, else the readiness probe's. */
export function portOf(pod: Pod): number | undefined {
  for (const container of pod.spec.containers) {
    const declared = container.ports?.find((p) => (p.protocol ?? 'TCP') === 'TCP')
    if (declared !== undefined) return declared.containerPort
    const probed = container.readinessProbe?.httpGet?.port ?? container.readinessProbe?.tcpSocket?.port
    if (typeof probed === 'number') return probed
  }
  return undefined
}

/** Nodes of the targets of these names. */
export function nodesOf(targets: readonly Target[], names: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(targets.filter(({ name }) => names.has(name)).map(({ node }) => node))
}
