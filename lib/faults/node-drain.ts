import { FaultlineError, KubernetesError } from '../domain/errors.ts'
import type { Evidence, FuseSpec, Injection, Target } from '../domain/injection.ts'
import type { Node, Pod } from '../domain/kube.ts'
import { controllerOf } from '../domain/kube.ts'
import { cordonAnnotation, managedBy, managedByLabel } from '../domain/labels.ts'
import { draw, matching } from '../domain/targets.ts'
import type { Fault, FaultContext, PlanContext, PlannedInjection, StepPlan } from './fault.ts'
import { fuseGone, fuseName, removeFuse } from './fuse.ts'

const cordonAttempts = 5

/**
 * Cordons a node and evicts its pods, obeying PodDisruptionBudgets
 * (https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/). The cordon has no owner that could carry it, so its fuse
 * is a pod on another node that uncordons.
 */
export const nodeDrain: Fault = {
  plan: planDrain,

  async inject(context, injection) {
    await cordon(context, injection)
    const evictable = await evictablePods(context, nodeOf(injection).name)
    for (const pod of evictable) {
      if (pod.metadata.deletionTimestamp !== undefined) continue
      await context.fence(context.config.unfencedCallMs)
      const { name, namespace = '', uid = '' } = pod.metadata
      await context.cluster.pods.evict({ namespace, name, uid })
    }
  },

  async evidence(context, injection, phase) {
    const node = await readNode(context, injection)
    const at = context.clock.now()
    if (node === undefined) return { phase, at, finding: 'no', summary: `node ${nodeOf(injection).name} is gone`, measurements: [] }
    const evictable = await evictablePods(context, node.metadata.name)
    const measurements = [{ target: node.metadata.name, name: 'evictable pods', unit: '', value: evictable.length }]
    if (!isCordonedByUs(node, injection)) {
      return { phase, at, finding: 'no', summary: `node ${node.metadata.name} is not cordoned by us (any more)`, measurements }
    }
    const left = evictable.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`)
    if (left.length > 0) {
      return { phase, at, finding: 'no', summary: `not drained: ${left.join(', ')} (a PodDisruptionBudget may hold them)`, measurements }
    }
    return { phase, at, finding: 'yes', summary: `node ${node.metadata.name} is cordoned and holds no evictable pod`, measurements }
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
    if (isCordonedByUs(node, injection))
      return { phase: 'after', at, finding: 'no', summary: `node ${node.metadata.name} is still cordoned`, measurements }
    if (fuseLeft) return { phase: 'after', at, finding: 'no', summary: `the cordon's fuse is still there`, measurements }
    const other = node.spec.unschedulable === true ? ' by us; somebody else cordoned it meanwhile' : ''
    return { phase: 'after', at, finding: 'yes', summary: `node ${node.metadata.name} is no longer cordoned${other}`, measurements }
  },
}

async function planDrain(context: PlanContext): Promise<StepPlan> {
  const { step, index, inventory, config } = context
  const hosts = new Set(matching(inventory, step.targets).map((pod) => pod.spec.nodeName))
  const candidates = inventory.nodes.filter((node) => hosts.has(node.metadata.name))
  if (candidates.length === 0) {
    return {
      injections: [],
      warnings: [],
      refusals: [{ code: 'no_targets', message: `no node holds a pod that matches in namespace ${context.namespace}` }],
    }
  }
  const warnings: string[] = []
  const refusals: { code: 'unsafe_target' | 'fuse_missing'; message: string }[] = []
  if (config.fuse.cordonImage === null) {
    const how =
      'give an image with kubectl or curl (--fuse-image), or accept a cordon that only the driver and the reaper undo (--accept-no-fuse)'
    if (config.fuse.acceptNoFuse) warnings.push('the cordon has no fuse: if the driver and the reaper die, the node stays cordoned')
    else refusals.push({ code: 'fuse_missing', message: `a drain's cordon needs a fuse that runs a pod: ${how}` })
  }
  const noAccount = await missingAccount(context)
  if (noAccount !== null) refusals.push({ code: 'fuse_missing', message: noAccount })
  const nodes = draw(candidates, step.targets, { seed: context.seed, step: index })
  const injections: PlannedInjection[] = []
  for (const [n, node] of nodes.entries()) {
    const planned = await planNode(context, node, n)
    refusals.push(...planned.refusals.map((message) => ({ code: 'unsafe_target' as const, message })))
    injections.push(planned.injection)
  }
  return { injections: refusals.length > 0 ? [] : injections, refusals, warnings }
}

/** The fuse's pod would never be made without its service account. */
async function missingAccount(context: PlanContext): Promise<string | null> {
  const { cordonImage, cordonServiceAccount: name } = context.config.fuse
  const { namespace } = context.config.injector
  if (cordonImage === null) return null
  const found = await context.cluster.objects.get({ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name })
  return found === undefined
    ? `the fuse of a cordon runs as service account ${namespace}/${name}, which does not exist (deploy/rbac.yaml makes it)`
    : null
}

async function planNode(
  context: PlanContext,
  node: Node,
  n: number,
): Promise<{ injection: PlannedInjection; refusals: readonly string[] }> {
  const { name, uid = '' } = node.metadata
  const spec = context.step.fault
  const drain = spec.type === 'node_failure' && spec.kind === 'node-drain' ? spec : null
  const evictable = await evictablePods(context, name)
  const bare = evictable.filter((pod) => controllerOf(pod) === undefined)
  const scratch = evictable.filter((pod) => (pod.spec.volumes ?? []).some((volume) => volume.emptyDir !== undefined))
  const others = context.inventory.nodes.filter((o) => o.metadata.name !== name && o.spec.unschedulable !== true && isNodeReady(o))
  const refusals = [
    ...(node.spec.unschedulable === true ? [`node ${name} is cordoned already`] : []),
    ...(others.length === 0 ? [`node ${name} is the only schedulable node`] : []),
    ...(drain?.allowBarePods
      ? []
      : bare.map(
          (pod) =>
            `pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name} has no controller: an eviction destroys it (allowBarePods permits it)`,
        )),
    ...(drain?.allowEmptyDir
      ? []
      : scratch.map(
          (pod) =>
            `pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name} has emptyDir data, which an eviction destroys (allowEmptyDir permits it)`,
        )),
  ]
  const target: Target = { kind: 'Node', namespace: '', name, uid, node: name }
  const before: Evidence = {
    phase: 'before',
    at: context.clock.now(),
    finding: 'no',
    summary: `schedulable, ${evictable.length} evictable pods`,
    measurements: [{ target: name, name: 'evictable pods', unit: '', value: evictable.length }],
  }
  const tag = fuseName(context.runId, context.index, `n${n}`)
  return { injection: { targets: [target], undo: { tag }, fuse: cordonFuse(context, tag, name), evidence: [before] }, refusals }
}

function cordonFuse(context: PlanContext, name: string, awayFrom: string): FuseSpec | null {
  const { cordonImage, cordonServiceAccount } = context.config.fuse
  if (cordonImage === null) return null
  return { namespace: context.config.injector.namespace, name, pod: { image: cordonImage, serviceAccount: cordonServiceAccount, awayFrom } }
}

/** One patch that is checked by resourceVersion: cordon and our name on it come together or not at all. */
async function cordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    if (node === undefined) throw new FaultlineError('not_found', `node ${nodeOf(injection).name} is gone`)
    if (isCordonedByUs(node, injection)) return
    if (node.spec.unschedulable === true) throw new FaultlineError('refused', `node ${node.metadata.name} was cordoned by somebody else`)
    await context.fence(context.config.unfencedCallMs)
    if (await patchCordon(context, node, { annotation: tagOf(injection), unschedulable: true }, attempt)) return
  }
}

/** Only a cordon that still bears our name is ours to lift. */
async function uncordon(context: FaultContext, injection: Injection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const node = await readNode(context, injection)
    if (node === undefined || !isCordonedByUs(node, injection)) return
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
    if (error instanceof KubernetesError && error.code === 'conflict' && attempt < cordonAttempts) return false
    throw error
  }
}

/** The node of the ledger; one of the same name with another UID is another machine. */
async function readNode(context: FaultContext, injection: Injection): Promise<Node | undefined> {
  const target = nodeOf(injection)
  const node = await context.cluster.objects.get<Node>(nodeRef(target.name))
  return node?.metadata.uid === target.uid ? node : undefined
}

/** As `kubectl drain` does: DaemonSet and mirror pods stay, finished pods do not count; ours are left alone. */
async function evictablePods(context: FaultContext, node: string): Promise<readonly Pod[]> {
  const pods = await context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { fieldSelector: `spec.nodeName=${node}` })
  return pods.filter(
    (pod) =>
      controllerOf(pod)?.kind !== 'DaemonSet' &&
      pod.metadata.annotations?.['kubernetes.io/config.mirror'] === undefined &&
      pod.metadata.labels?.[managedByLabel] !== managedBy &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  )
}

function isNodeReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True')
}

function isCordonedByUs(node: Node, injection: Injection): boolean {
  return node.metadata.annotations?.[cordonAnnotation] === tagOf(injection)
}

function tagOf(injection: Injection): string {
  return String(injection.undo.tag)
}

function nodeOf(injection: Injection): Target {
  const [target] = injection.targets
  if (target === undefined) throw new TypeError('a drain without a node')
  return target
}

function nodeRef(name: string) {
  return { apiVersion: 'v1', kind: 'Node', name }
}
