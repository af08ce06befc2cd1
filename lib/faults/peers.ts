import { KubernetesError } from '../domain/errors.ts'
import type { KubeObject, Pod } from '../domain/kube.ts'
import { matchesSelector } from '../domain/label-selector.ts'
import type { FaultContext } from './fault.ts'

/** The far side as it may be, which pods the step takes, and whatever else there is in their namespace. */
export interface Workload {
  /** Of the workload, or those that the step names as its far side. */
  readonly pods: readonly Pod[]
  readonly targets: readonly Pod[]
  readonly neighbours: readonly Pod[]
  readonly services: readonly Service[]
}

/** `peers`: all other pods of the far side; `split`: those that are no targets. */
export type PeerScope = 'peers' | 'split'

/** What is read of a Service (https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/). */
export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
  }
}

/** Addresses that one target is cut off from, and what stays open although it leads to them. */
export interface Reach {
  readonly addresses: readonly string[]
  readonly warnings: readonly string[]
}

/**
 * The far pods' own addresses, and those of the Services that lead to no other pods: a packet to a Service leaves the target with the
 * Service's address, and answers come back from it. Pods that come later have other addresses: they are not cut.
 */
export function reachOf(target: Pod, workload: Workload, scope: PeerScope): Reach {
  const uids = new Set(workload.targets.map((t) => t.metadata.uid))
  const far = workload.pods.filter(({ metadata: { uid } }) => uid !== target.metadata.uid && (scope === 'peers' || !uids.has(uid)))
  const farUids = new Set(far.map((pod) => pod.metadata.uid))
  const addresses = far.flatMap(ipsOf)
  const warnings: string[] = []
  for (const service of addresses.length === 0 ? [] : workload.services) {
    const ips = addressesOf(service)
    const behind = workload.neighbours.filter((pod) => selects(service, pod))
    if (ips.length === 0 || !behind.some((pod) => farUids.has(pod.metadata.uid))) continue
    const others = behind.filter(({ metadata: { uid } }) => !farUids.has(uid) && uid !== target.metadata.uid)
    if (others.length === 0) addresses.push(...ips)
    else {
      const names = others.map((pod) => pod.metadata.name).join(', ')
      warnings.push(
        `Service ${service.metadata.name} also leads to ${names}: ${target.metadata.name} still reaches the far side through its cluster IP`,
      )
    }
  }
  return { addresses, warnings }
}

/** All of them: a dual-stack pod answers by either. */
function ipsOf({ status }: Pod): readonly string[] {
  const all = (status?.podIPs ?? []).map(({ ip }) => ip)
  return all.length > 0 ? all : (status?.podIP ?? '').split(' ').filter((ip) => ip !== '')
}

function addressesOf({ spec }: Service): readonly string[] {
  return (spec.clusterIPs ?? [spec.clusterIP ?? 'None']).filter((ip) => ip !== 'None' && ip !== '')
}

/** One without a selector has endpoints of its owner's making: it is not followed. */
function selects({ spec: { selector } }: Service, pod: Pod): boolean {
  if (selector === undefined || Object.keys(selector).length === 0) return false
  return matchesSelector({ matchLabels: selector }, pod.metadata.labels ?? {})
}

/** The namespace's Services; without the right to list them, none and a warning. */
export async function servicesOf({
  cluster,
  namespace,
}: Pick<FaultContext, 'cluster' | 'namespace'>): Promise<{ readonly services: readonly Service[]; readonly warnings: readonly string[] }> {
  try {
    return { services: await cluster.objects.list<Service>({ apiVersion: 'v1', kind: 'Service' }, { namespace }), warnings: [] }
  } catch (error) {
    if (!(error instanceof KubernetesError && error.code === 'forbidden')) throw error
    return {
      services: [],
      warnings: ['Services may not be listed: through their cluster IPs the targets may still reach the far side (deploy/rbac.yaml)'],
    }
  }
}
