import { FaultlineError } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Node, Pod } from '../../domain/kube.ts'
import { undoOf } from '../../domain/undo-data.ts'
import { isoSeconds } from '../../time.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, removeFuse } from '../fuse.ts'
import { actionsHere, noteAction } from '../performed-actions.ts'
import { describeTerminating, isOverdue } from '../terminating-pods.ts'
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

  /** Repeated while a budget blocks or pods take their grace: asks again, and never cordons a second time. */
  async inject(context, injection) {
    await cordon(context, injection)
    const { evictable } = await podsOfNode(context, nodeOf(injection).name)
    const pods = evictable.filter((pod) => pod.metadata.deletionTimestamp === undefined)
    refuseDestruction(pods, injection)
    for (const pod of pods) await evict(context, injection, pod)
  },

  async evidence(context, injection, phase) {
    const node = await readNode(context, injection)
    const at = context.clock.now()
    if (node === undefined) return { phase, at, finding: 'no', summary: `node ${nodeOf(injection).name} is gone`, measurements: [] }
    const { evictable, leftAlone } = await podsOfNode(context, node.metadata.name)
    const measurements = [{ target: node.metadata.name, name: 'evictable pods', unit: '', value: evictable.length }]
    if (!isCordoned(node, injection)) return { phase, at, finding: 'no', summary: howItWasLifted(node), measurements }
    if (evictable.length > 0) {
      const summary = `not drained: ${whatHolds(context, injection, { node, pods: evictable })}${evictedHere(context, injection)}`
      return { phase, at, finding: 'no', summary, measurements }
    }
    const staying = leftAlone.length === 0 ? '' : `; left alone: ${leftAlone.map(fullName).join(', ')}`
    const summary = `node ${node.metadata.name} is cordoned and holds no evictable pod${evictedHere(context, injection)}${staying}`
    return { phase, at, finding: 'yes', summary, measurements }
  },

  async endedEarly(context, injection) {
    const node = await readNode(context, injection)
    if (node !== undefined && isCordoned(node, injection)) return null
    const at = context.clock.now()
    const what = node === undefined ? `node ${nodeOf(injection).name} is gone` : howItWasLifted(node)
    return { phase: 'end', at, finding: 'no', summary: `${what} (seen at ${isoSeconds(at)})`, measurements: [] }
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
function refuseDestruction(pods: readonly Pod[], injection: Injection): void {
  const reasons = whatIsDestroyed(pods, undoOf(injection, 'cordon'))
  if (reasons.length > 0) throw new FaultlineError('refused', reasons.join('; '))
}

const eviction = 'eviction of '

/** Notes what was granted, and whose budget said no, for what is told of the drain. */
async function evict(context: FaultContext, injection: Injection, pod: Pod): Promise<void> {
  const { name, namespace = '', uid = '' } = pod.metadata
  const call = { verb: 'evict', kind: 'Pod', namespace, name, uid } as const
  const { outcome, message } = await context.unfenced(call, () =>
    context.cluster.pods.evict({ namespace, name, uid, until: context.interrupt }),
  )
  if (outcome !== 'absent') noteAction(context, injection, `${eviction}${fullName(pod)}`, outcome === 'blocked' ? message : '')
}

/** Per pod: the budget's own words, the end of its grace, or a kubelet that does not end it. */
function whatHolds(context: FaultContext, injection: Injection, left: { readonly node: Node; readonly pods: readonly Pod[] }): string {
  const actions = actionsHere(context, injection)
  const each = left.pods.map((pod) => {
    const { namespace, deletionTimestamp } = pod.metadata
    if (deletionTimestamp !== undefined) {
      const overdue = isOverdue(pod, context.clock.now()) ? ', and the kubelet of its node has not ended it' : ''
      return `${namespace}/${describeTerminating(pod)}${overdue}`
    }
    const blocked = actions.get(`${eviction}${fullName(pod)}`)
    return blocked === undefined || blocked === '' ? `${fullName(pod)} is there` : `${fullName(pod)} is held by a budget: ${blocked}`
  })
  const ready = left.node.status?.conditions?.find((c) => c.type === 'Ready')
  const notReady = ready === undefined || ready.status === 'True' ? [] : [`node ${left.node.metadata.name} is not Ready (${ready.reason})`]
  return [...each, ...notReady].join('; ')
}

/** Pods of every namespace whose eviction was granted to this driver. */
function evictedHere(context: FaultContext, injection: Injection): string {
  const granted = [...actionsHere(context, injection)].filter(([what, blocked]) => what.startsWith(eviction) && blocked === '')
  return granted.length === 0 ? '' : `; evicted: ${granted.map(([what]) => what.slice(eviction.length)).join(', ')}`
}
