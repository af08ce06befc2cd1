import { FaultlineError } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Pod } from '../../domain/kube.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, removeFuse } from '../fuse.ts'
import { bearsOurName, cordon, howItWasLifted, isCordoned, nodeOf, readNode, uncordon } from './cordon.ts'
import { planDrain } from './drain-plan.ts'
import { fullName, podsOfNode, whatIsDestroyed } from './drain-pods.ts'

/**
 * Cordons a node and evicts its pods, obeying PodDisruptionBudgets
 * (https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/). The cordon has no owner that could carry it, so its fuse
 * is a pod on another node that uncordons.
 */
export const nodeDrain: Fault = {
  plan: planDrain,

  /** Repeated while a budget blocks: evicts again, and never cordons a second time. */
  async inject(context, injection) {
    await cordon(context, injection)
    const { evictable } = await podsOfNode(context, nodeOf(injection).name)
    const pods = evictable.filter((pod) => pod.metadata.deletionTimestamp === undefined)
    refuseDestruction(pods, injection)
    for (const pod of pods) await evict(context, pod)
  },

  async evidence(context, injection, phase) {
    const node = await readNode(context, injection)
    const at = context.clock.now()
    if (node === undefined) return { phase, at, finding: 'no', summary: `node ${nodeOf(injection).name} is gone`, measurements: [] }
    const { evictable, leftAlone } = await podsOfNode(context, node.metadata.name)
    const measurements = [{ target: node.metadata.name, name: 'evictable pods', unit: '', value: evictable.length }]
    if (!isCordoned(node, injection)) {
      return { phase, at, finding: 'no', summary: howItWasLifted(node), measurements }
    }
    if (evictable.length > 0) {
      const left = evictable.map(fullName).join(', ')
      return { phase, at, finding: 'no', summary: `not drained: ${left} (a PodDisruptionBudget may hold them)`, measurements }
    }
    const staying = leftAlone.length === 0 ? '' : `; left alone: ${leftAlone.map(fullName).join(', ')}`
    return {
      phase,
      at,
      finding: 'yes',
      summary: `node ${node.metadata.name} is cordoned and holds no evictable pod${staying}`,
      measurements,
    }
  },

  async revert(context, injection) {
    await uncordon(context, injection)
    if (injection.armed !== null) await removeFuse(context, injection.armed)
  },

  async undone(context, injection) {
    const node = await readNode(context, injection)
    const at = context.clock.now()
    const fuseLeft = injection.armed !== null && !(await fuseGone(context, injection.armed))
    if (node === undefined)
      return { phase: 'after', at, finding: fuseLeft ? 'no' : 'yes', summary: 'the node is gone, and its cordon with it', measurements: [] }
    const measurements = [
      { target: node.metadata.name, name: 'schedulable', unit: '', value: node.spec.unschedulable === true ? 'no' : 'yes' },
    ]
    if (bearsOurName(node, injection)) {
      const what = isCordoned(node, injection) ? 'is still cordoned' : 'is schedulable, but our mark is still on it'
      return { phase: 'after', at, finding: 'no', summary: `node ${node.metadata.name} ${what}`, measurements }
    }
    if (fuseLeft) return { phase: 'after', at, finding: 'no', summary: `the cordon's fuse is still there`, measurements }
    const other = node.spec.unschedulable === true ? ' by us; another client cordoned it meanwhile' : ''
    return { phase: 'after', at, finding: 'yes', summary: `node ${node.metadata.name} is no longer cordoned${other}`, measurements }
  },
}

/** Pods may have come between plan and cordon. */
function refuseDestruction(pods: readonly Pod[], { undo }: Injection): void {
  const reasons = whatIsDestroyed(pods, { allowBarePods: undo.allowBarePods === true, allowEmptyDir: undo.allowEmptyDir === true })
  if (reasons.length > 0) throw new FaultlineError('refused', reasons.join('; '))
}

async function evict(context: FaultContext, pod: Pod): Promise<void> {
  await context.fence(context.config.unfencedCallMs)
  const { name, namespace = '', uid = '' } = pod.metadata
  await context.cluster.pods.evict({ namespace, name, uid })
}
