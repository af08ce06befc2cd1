import type { Node, OwnerReference, Pod } from './kube.ts'

/** What the cluster held when targets were chosen. */
export interface Inventory {
  readonly namespace: string
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** Controllers of controllers, by UID (a ReplicaSet's Deployment). */
  readonly parents: ReadonlyMap<string, OwnerReference>
  /** UIDs of ReplicaSets that are opted out: Kubernetes copies a Deployment's annotations to them. */
  readonly optedOut?: ReadonlySet<string>
  /** Labels of the namespace, where a guard asks for them. */
  readonly namespaceLabels?: Readonly<Record<string, string>>
}
