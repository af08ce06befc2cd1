import { FaultlineError, FuseNotArmed, KubernetesError } from '../../domain/errors.ts'
import type { Injection, Target } from '../../domain/injection.ts'
import type { Node } from '../../domain/kube.ts'
import { cordonAnnotation } from '../../domain/labels.ts'
import { fieldManager, settersOf } from '../../domain/managed-fields.ts'
import { undoOf } from '../../domain/undo-data.ts'
import type { FaultContext } from '../fault.ts'
import { fuseState } from '../fuse-state.ts'
import { didHere, noteAction } from '../performed-actions.ts'

/** Kubelets write to their nodes every few seconds at most, so that one of five reads in a row is still current when its patch arrives. */
const attempts = 5
const action = 'cordon'

/**
 * Cordons the node, or finds it cordoned by us. Once only: a cordon that was lifted since (by its fuse, by a person) stays lifted.
 * One patch, checked by resourceVersion: cordon and our name on it come together or not at all.
 * @throws FaultlineError `refused` when it is another client's or was lifted, `fuse_not_armed` when its fuse no longer burns
 */
export async function cordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    const { name } = nodeOf(injection)
    if (node === undefined) throw new FaultlineError('not_found', `node ${name} is gone`)
    if (isCordoned(node, injection)) return noteAction(context, injection, action)
    if (bearsOurName(node, injection) || didHere(context, injection, action)) throw new FaultlineError('refused', howItWasLifted(node))
    if (node.spec.unschedulable === true) throw new FaultlineError('refused', `node ${name} was cordoned by another client`)
    const { armed } = injection
    if (armed !== null && (await fuseState(context, armed)) !== 'burning')
      throw new FuseNotArmed(`${armed.namespace}/${armed.name}`, `it was gone before node ${name} was cordoned`)
    const call = { verb: 'cordon', kind: 'Node', namespace: '', name, uid: nodeOf(injection).uid } as const
    const want = { annotation: tagOf(injection), unschedulable: true } as const
    if (await context.unfenced(call, () => patchNode(context, node, want, attempt))) return noteAction(context, injection, action)
  }
}

/**
 * Lifts our cordon; one that another client set since stays, and only our name goes. Always writes: a node that shows nothing of ours gets
 * our name and loses it again, so that the patch of a driver that is late (it names the resourceVersion of its look) is refused for good.
 */
export async function uncordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    if (node === undefined) return
    const isMarked = bearsOurName(node, injection)
    const lift = isMarked ? liftOf(node) : {}
    const written = await patchNode(context, node, { annotation: isMarked ? null : tagOf(injection), ...lift }, attempt)
    if (written && isMarked) return
  }
}

/** False when the node changed since it was read, and is to be read again. */
async function patchNode(
  context: FaultContext,
  node: Node,
  want: { readonly annotation: string | null; readonly unschedulable?: true | null },
  attempt: number,
): Promise<boolean> {
  const { annotation, ...spec } = want
  try {
    const patch = { metadata: { resourceVersion: node.metadata.resourceVersion, annotations: { [cordonAnnotation]: annotation } }, spec }
    await context.cluster.objects.patch(nodeRef(node.metadata.name), patch, { until: context.interrupt })
    return true
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'conflict' && attempt < attempts) return false
    throw error
  }
}

/** What takes a cordon that bears a name of ours off the node: nothing where another client laid it anew. */
export function liftOf(node: Node): { readonly unschedulable?: null } {
  return otherSetter(node) === undefined ? { unschedulable: null } : {}
}

/** The node of the ledger; one of the same name with another UID is another machine. */
export async function readNode(context: FaultContext, injection: Injection): Promise<Node | undefined> {
  const target = nodeOf(injection)
  const node = await context.cluster.objects.get<Node>(nodeRef(target.name))
  return node?.metadata.uid === target.uid ? node : undefined
}

/** Unschedulable, by us, and by no other client since. */
export function isCordoned(node: Node, injection: Injection): boolean {
  return node.spec.unschedulable === true && bearsOurName(node, injection) && otherSetter(node) === undefined
}

/** Our annotation stays when a person uncordons the node (`kubectl uncordon`): the cordon is gone then, the mark is not. */
export function bearsOurName(node: Node, injection: Injection): boolean {
  return node.metadata.annotations?.[cordonAnnotation] === tagOf(injection)
}

/** Told of a cordon of ours that is no longer there; who removes a field leaves no trace in Kubernetes, who sets it anew does. */
export function howItWasLifted(node: Node): string {
  const other = node.spec.unschedulable === true ? otherSetter(node) : undefined
  const lifted = `our cordon of node ${node.metadata.name} was lifted by another client`
  return other === undefined ? lifted : `${lifted}, and a new one laid by ${other.manager} at ${other.time}`
}

/** Who set `spec.unschedulable` last, if it was not us. */
function otherSetter(node: Node) {
  const setters = settersOf(node, ['spec', 'unschedulable'])
  return setters.some(({ manager }) => manager === fieldManager) ? undefined : setters[0]
}

/** The node that a drain is about. */
export function nodeOf(injection: Injection): Target {
  const [target] = injection.targets
  if (target === undefined) throw new TypeError('a drain without a node')
  return target
}

function tagOf(injection: Injection): string {
  return undoOf(injection, 'cordon').tag
}

function nodeRef(name: string) {
  return { apiVersion: 'v1', kind: 'Node', name }
}
