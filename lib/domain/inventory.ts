import type { Node, OwnerReference, Pod } from './kube.ts'

/** What the cluster held when targets were chosen. */
export interface Inventory {
  readonly namespace: string
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** Controllers of controllers, by UID (a ReplicaSet's Deployment). */
  readonly parents: ReadonlyMap<string, OwnerReference>
}
