import type { Node, OwnerReference, Pod } from './kube.ts'
import { controllerOf } from './kube.ts'

/** What the cluster held when targets were chosen. */
export interface Inventory {
  readonly namespace: string
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  /** Controllers of controllers, by UID (a ReplicaSet's Deployment). */
  readonly parents: ReadonlyMap<string, OwnerReference>
  /**
   * Controllers above those, by UID (the custom resource of a StatefulSet), where a step asked for one: they choose targets, but of what a
   * share is a share of, `parents` decides.
   */
  readonly ancestors?: ReadonlyMap<string, OwnerReference>
  /** Controllers whose own controller could not be read, where a step asked for one: `StatefulSet db`. */
  readonly unreadOwners?: readonly string[]
  /** UIDs of ReplicaSets that are opted out: Kubernetes copies a Deployment's annotations to them. */
  readonly optedOut?: ReadonlySet<string>
  /** Labels of the namespace, where a guard asks for them. */
  readonly namespaceLabels?: Readonly<Record<string, string>>
  /** Pods, by UID, that faults at work beside this one hit; why it cannot be on the same pod, null where it can. */
  readonly hitBeside?: ReadonlyMap<string, string | null>
}

/** Whether a controller above the pod is the one that a step asks for: `kind/name` or `kind.group/name`, kinds in any case. */
export function isOwnedBy(pod: Pod, wanted: string, { parents, ancestors = new Map() }: Pick<Inventory, 'parents' | 'ancestors'>): boolean {
  const [type = '', name = ''] = wanted.split('/')
  const [kind = '', ...group] = type.toLowerCase().split('.')
  const isIt = (ref: OwnerReference) =>
    ref.kind.toLowerCase() === kind && ref.name === name && (group.length === 0 || ref.apiVersion.split('/')[0] === group.join('.'))
  return controllersOf(pod, new Map([...ancestors, ...parents])).some(isIt)
}

/** The pod's controller and those above it, the nearest first. A ring of owners, which no API server checks for, is gone round once. */
export function controllersOf(pod: Pod, parents: Inventory['parents']): readonly OwnerReference[] {
  const found = new Map<string, OwnerReference>()
  for (let ref = controllerOf(pod); ref !== undefined && !found.has(ref.uid); ref = parents.get(ref.uid)) found.set(ref.uid, ref)
  return [...found.values()]
}
