import { judgeBlastRadius, podsOnNodes, sayAll, saysAll } from '../../domain/guard.ts'
import type { Evidence, FuseSpec, Target } from '../../domain/injection.ts'
import type { Node, Pod } from '../../domain/kube.ts'
import { fuseName, nodeSuffix } from '../../domain/names.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { amountOf, byName, inOrder, matching } from '../../domain/targets.ts'
import type { PlanContext, PlannedInjection, StepPlan } from '../fault.ts'
import { fuseJob } from '../fuse-job.ts'
import { slowToGo } from '../terminating-pods.ts'
import { tryJob } from '../try-job.ts'
import type { DrainLimits, NodePods } from './drain-pods.ts'
import { fullName, podsOfNode, whatIsDestroyed } from './drain-pods.ts'

type Reason = Omit<Refusal, 'step'>

/** Chooses among the nodes that hold matching pods, and says what a drain of them would destroy or may not do. */
export async function planDrain(context: PlanContext): Promise<StepPlan> {
  const { step, inventory } = context
  const hosts = new Set(matching(inventory, step.targets).map((pod) => pod.spec.nodeName))
  const candidates = inventory.nodes.filter((node) => hosts.has(node.metadata.name))
  if (candidates.length === 0) {
    const message = `no node holds a pod that matches in namespace ${context.namespace}`
    return { injections: [], warnings: [], refusals: [{ code: 'no_targets', message }] }
  }
  const { nodes, tooMany } = drawNodes(context, candidates)
  const fuse = await checkFuse(context, nodes)
  const warnings = [...fuse.warnings]
  const refusals = [...fuse.refusals, ...nodesToStay(context, nodes)]
  if (tooMany !== null && saysAll(step)) warnings.push(`${tooMany}: all of them are drained`)
  else if (tooMany !== null) refusals.push({ code: 'blast_radius', message: `${tooMany}, unless the step says ${sayAll}` })
  const injections: PlannedInjection[] = []
  for (const [n, node] of nodes.entries()) {
    const pods = await podsOfNode(context, node.metadata.name)
    const limits = limitsOf(context)
    refusals.push(...whatIsDestroyed(pods.evictable, limits).map((message): Reason => ({ code: 'unsafe_target', message })))
    const elsewhere = await otherNamespaces(context, node, pods.evictable)
    refusals.push(...elsewhere.refusals)
    warnings.push(...elsewhere.warnings, ...stayingPods(node, pods), ...pods.evictable.flatMap((pod) => slowToGo(pod, null)))
    injections.push(plannedInjection(context, { node, n, pods, limits }))
  }
  return { injections: refusals.length > 0 ? [] : injections, refusals, warnings }
}

/**
 * In the order that the seed fixes; a node whose pods would be too many of a workload is passed over for the next. Where there are not enough
 * others it is taken all the same, and the guard's judgement of the plan says why it is refused.
 */
function drawNodes(
  { step, inventory, seed, index }: PlanContext,
  candidates: readonly Node[],
): { readonly nodes: readonly Node[]; readonly tooMany: string | null } {
  const order = inOrder(candidates, { seed, step: index })
  const wanted = amountOf(candidates.length, step.targets)
  const { count } = step.targets
  const tooMany = count !== null && count > candidates.length ? `asked for ${count} nodes, ${candidates.length} match` : null
  const fitting: Node[] = []
  for (const node of saysAll(step) ? [] : order) {
    const names = [...fitting, node].map(({ metadata }) => metadata.name)
    const pods = podsOnNodes(inventory, names)
    // A pod that an overlapping fault holds must not be taken from it.
    const isFree = pods.every(({ metadata: { uid = '' } }) => inventory.hitBeside?.has(uid) !== true)
    if (fitting.length < wanted && isFree && judgeBlastRadius(inventory, pods).length === 0) fitting.push(node)
  }
  return { nodes: byName(fitting.length === wanted ? fitting : order.slice(0, wanted)), tooMany }
}

function limitsOf({ step: { fault } }: PlanContext): DrainLimits {
  const drain = fault.type === 'node_failure' && fault.kind === 'node-drain' ? fault : null
  return { allowBarePods: drain?.allowBarePods ?? false, allowEmptyDir: drain?.allowEmptyDir ?? false }
}

/** Somewhere the pods have to go: nodes that are drained by the same step do not count. */
function nodesToStay({ inventory }: PlanContext, drawn: readonly Node[]): readonly Reason[] {
  const names = drawn.map((node) => node.metadata.name)
  const others = inventory.nodes.filter((o) => !names.includes(o.metadata.name) && o.spec.unschedulable !== true && isNodeReady(o))
  const cordoned = drawn.filter((node) => node.spec.unschedulable === true)
  return [
    ...cordoned.map((node): Reason => ({ code: 'unsafe_target', message: `node ${node.metadata.name} is cordoned already` })),
    ...(others.length === 0
      ? [{ code: 'unsafe_target' as const, message: `no schedulable node would be left besides ${names.join(', ')}` }]
      : []),
  ]
}

/** The fuse needs a pod, and the pod an image, a service account, and a namespace that takes its Job. */
async function checkFuse(context: PlanContext, nodes: readonly Node[]): Promise<Pick<StepPlan, 'refusals' | 'warnings'>> {
  const { config } = context
  if (config.fuse.cordonImage === null) {
    if (config.fuse.acceptNoFuse)
      return { refusals: [], warnings: ['the cordon has no fuse: if the driver and the reaper die, the node stays cordoned'] }
    const how =
      'give an image with kubectl or curl (--fuse-image), or accept a cordon that only the driver and the reaper undo (--accept-no-fuse)'
    return {
      refusals: [{ code: 'fuse_missing', message: `a drain's cordon needs a fuse that runs a pod: ${how}` }],
      warnings: [],
    }
  }
  const noAccount = await missingAccount(context)
  const spec = cordonFuse(context, fuseName(context, context.index, nodeSuffix(0)), nodes[0]?.metadata.name ?? '')
  const burnsAt = context.clock.now() + config.prepareMs
  const refused = spec === null ? null : await tryJob(context, fuseJob(context, spec, { step: context.index, role: 'fuse', burnsAt }))
  return { refusals: [noAccount, refused].filter((reason) => reason !== null), warnings: [] }
}

/** The fuse's pod would never be made without its service account. */
async function missingAccount(context: PlanContext): Promise<Reason | null> {
  const { cordonServiceAccount: name } = context.config.fuse
  const { namespace } = context.config.injector
  const found = await context.cluster.objects.get({ apiVersion: 'v1', kind: 'ServiceAccount', namespace, name })
  if (found !== undefined) return null
  const message = `the fuse of a cordon runs as service account ${namespace}/${name}, which does not exist (deploy/rbac.yaml makes it)`
  return { code: 'fuse_missing', message }
}

/** A node is shared: pods of other namespaces go too, where we may evict them; where not, nothing begins. */
async function otherNamespaces(
  context: PlanContext,
  node: Node,
  evictable: readonly Pod[],
): Promise<{ readonly refusals: readonly Reason[]; readonly warnings: readonly string[] }> {
  const foreign = evictable.filter((pod) => pod.metadata.namespace !== context.namespace)
  if (foreign.length === 0) return { refusals: [], warnings: [] }
  const warnings = [`a drain of node ${node.metadata.name} evicts pods of other namespaces too: ${foreign.map(fullName).join(', ')}`]
  const namespaces = [...new Set(foreign.map((pod) => pod.metadata.namespace ?? ''))]
  const refusals = await Promise.all(namespaces.map((namespace) => mayEvict(context, namespace)))
  return { refusals: refusals.flat(), warnings }
}

/** A conflict at an eviction is told apart by reading the pod, hence the second right. */
async function mayEvict({ cluster }: PlanContext, namespace: string): Promise<readonly Reason[]> {
  const needed = [
    { verb: 'create', group: '', resource: 'pods', subresource: 'eviction', namespace },
    { verb: 'get', group: '', resource: 'pods', namespace },
  ]
  const allowed = await cluster.pods.can(needed)
  return needed
    .filter((_, i) => allowed[i] !== true)
    .map(({ verb, resource, subresource }) => ({
      code: 'permission',
      message: `not allowed to ${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`} in namespace ${namespace}, whose pods share a node that would be drained`,
    }))
}

function stayingPods(node: Node, { leftAlone, ours }: NodePods): readonly string[] {
  const stay = `a drain of node ${node.metadata.name} leaves`
  return [
    ...(leftAlone.length === 0
      ? []
      : [`${stay} pods of the cluster itself and of the injectors there: ${leftAlone.map(fullName).join(', ')}`]),
    ...(ours.length === 0 ? [] : [`${stay} pods of Faultline there, of this run and others: ${ours.map(fullName).join(', ')}`]),
  ]
}

function plannedInjection(
  context: PlanContext,
  of: { readonly node: Node; readonly n: number; readonly pods: NodePods; readonly limits: DrainLimits },
): PlannedInjection {
  const { name, uid = '' } = of.node.metadata
  const target: Target = { kind: 'Node', namespace: '', name, uid, node: name }
  const evictable = of.pods.evictable.length
  const before: Evidence = {
    phase: 'before',
    at: context.clock.now(),
    finding: 'no',
    summary: `schedulable, ${evictable} evictable pods`,
    measurements: [{ target: name, name: 'evictable pods', unit: '', value: evictable }],
  }
  const tag = fuseName(context, context.index, nodeSuffix(of.n))
  return { targets: [target], undo: { kind: 'cordon', tag, ...of.limits }, fuse: cordonFuse(context, tag, name), evidence: [before] }
}

function cordonFuse(context: PlanContext, name: string, awayFrom: string): FuseSpec | null {
  const { cordonImage, cordonServiceAccount } = context.config.fuse
  if (cordonImage === null) return null
  return { namespace: context.config.injector.namespace, name, pod: { image: cordonImage, serviceAccount: cordonServiceAccount, awayFrom } }
}

/** Whether pods may be expected to start on it. */
export function isNodeReady(node: Node): boolean {
  return (node.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True')
}
