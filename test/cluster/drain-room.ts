import { defaultConfig } from '../../lib/config.ts'
import type { Node, Pod } from '../../lib/domain/kube.ts'
import type { FaultContext } from '../../lib/faults/fault.ts'
import { isNodeReady } from '../../lib/faults/node-drain/drain-plan.ts'
import { podsOfNode, whatIsDestroyed } from '../../lib/faults/node-drain/drain-pods.ts'
import type { Cluster } from '../../lib/ports.ts'

/** A node that a drain of these scenarios may empty, or why there is none and what to do about it. */
export type DrainRoom = { readonly node: string } | { readonly why: string }

/**
 * Looks for a node on which a pod of the scenarios' workload runs and from which an eviction destroys nothing of others (no bare pod, no
 * emptyDir data): other workloads of the cluster are not to be lost for a test.
 */
export async function roomForDrain(
  cluster: Cluster,
  { injectors, workload }: { readonly injectors: string; readonly workload: readonly Pod[] },
): Promise<DrainRoom> {
  const config = { ...defaultConfig, injector: { ...defaultConfig.injector, namespace: injectors } }
  const context = { cluster, config } as Pick<FaultContext, 'cluster' | 'config'>
  const nodes = (await cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })).filter(
    (node) => isNodeReady(node) && node.spec.unschedulable !== true,
  )
  if (nodes.length < 2) return { why: `a drain needs two schedulable nodes, and there is ${nodes.length}: add one, or uncordon one` }
  const held: string[] = []
  for (const { metadata } of nodes) {
    if (!workload.some((pod) => pod.spec.nodeName === metadata.name)) continue
    const { evictable } = await podsOfNode(context as FaultContext, metadata.name)
    const destroyed = whatIsDestroyed(evictable, { allowBarePods: false, allowEmptyDir: false })
    if (destroyed.length === 0) return { node: metadata.name }
    held.push(...destroyed)
  }
  return {
    why: `no node can be drained without loss: ${held.join('; ')}. Move these pods to one node (kubectl cordon the others first), or add a node`,
  }
}
