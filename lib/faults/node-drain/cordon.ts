import { FaultlineError, FuseNotArmed, KubernetesError } from '../../domain/errors.ts'
import type { Injection, Target } from '../../domain/injection.ts'
import type { Node } from '../../domain/kube.ts'
import { cordonAnnotation } from '../../domain/labels.ts'
import type { FaultContext } from '../fault.ts'
import { fuseBurns } from '../fuse.ts'
import { didHere, noteDeed } from '../performed-actions.ts'

const attempts = 5
const deed = 'cordon'

/**
 * Cordons the node, or finds it cordoned by us. Once only: a cordon that was lifted since (by its fuse, by a person) stays lifted.
 * One patch, checked by resourceVersion: cordon and our name on it come together or not at all.
 * @throws FaultlineError `refused` when it is somebody else's or was lifted, `fuse_not_armed` when its fuse no longer burns
 */
export async function cordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    const { name } = nodeOf(injection)
    if (node === undefined) throw new FaultlineError('not_found', `node ${name} is gone`)
    if (isCordoned(node, injection)) return noteDeed(context, injection, deed)
    if (bearsOurName(node, injection) || didHere(context, injection, deed))
      throw new FaultlineError('refused', `the cordon of node ${name} was lifted by somebody`)
    if (node.spec.unschedulable === true) throw new FaultlineError('refused', `node ${name} was cordoned by somebody else`)
    const { armed } = injection
    if (armed !== null && !(await fuseBurns(context, armed)))
      throw new FuseNotArmed(`${armed.namespace}/${armed.name}`, `it was gone before node ${name} was cordoned`)
    await context.fence(context.config.unfencedCallMs)
    if (await patchCordon(context, node, { annotation: tagOf(injection), unschedulable: true }, attempt))
      return noteDeed(context, injection, deed)
  }
}

/** Only a cordon that still bears our name is ours to lift. */
export async function uncordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    if (node === undefined || !bearsOurName(node, injection)) return
    if (await patchCordon(context, node, { annotation: null, unschedulable: null }, attempt)) return
  }
}

async function patchCordon(
  context: FaultContext,
  node: Node,
  want: { readonly annotation: string | null; readonly unschedulable: true | null },
  attempt: number,
): Promise<boolean> {
  try {
    await context.cluster.objects.patch(nodeRef(node.metadata.name), {
      metadata: { resourceVersion: node.metadata.resourceVersion, annotations: { [cordonAnnotation]: want.annotation } },
      spec: { unschedulable: want.unschedulable },
    })
    return true
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'conflict' && attempt < attempts) return false
    throw error
  }
}

/** The node of the ledger; one of the same name with another UID is another machine. */
export async function readNode(context: FaultContext, injection: Injection): Promise<Node | undefined> {
  const target = nodeOf(injection)
  const node = await context.cluster.objects.get<Node>(nodeRef(target.name))
  return node?.metadata.uid === target.uid ? node : undefined
}

/** Unschedulable, and by us. */
export function isCordoned(node: Node, injection: Injection): boolean {
  return node.spec.unschedulable === true && bearsOurName(node, injection)
}

/** Our annotation stays when a person uncordons the node (`kubectl uncordon`): the cordon is gone then, the mark is not. */
export function bearsOurName(node: Node, injection: Injection): boolean {
  return node.metadata.annotations?.[cordonAnnotation] === tagOf(injection)
}

/** The node that a drain is about. */
export function nodeOf(injection: Injection): Target {
  const [target] = injection.targets
  if (target === undefined) throw new TypeError('a drain without a node')
  return target
}

function tagOf(injection: Injection): string {
  return String(injection.undo.tag)
}

function nodeRef(name: string) {
  return { apiVersion: 'v1', kind: 'Node', name }
}
