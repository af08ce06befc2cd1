import { saysAll } from '../../domain/guard.ts'
import type { Evidence, Target } from '../../domain/injection.ts'
import type { Node, Pod } from '../../domain/kube.ts'
import { fuseName, nodeSuffix } from '../../domain/names.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { FaultSpec, Selection } from '../../domain/suite.ts'
import { chooseTargets, matching } from '../../domain/targets.ts'
import type { InjectorFaultAction, InjectorUndo } from '../../domain/undo-data.ts'
import type { Cluster } from '../../ports.ts'
import { chooseContainer, isRunning } from '../container.ts'
import type { PlanContext, PlannedInjection, StepPlan } from '../fault.ts'
import { podlessFuse } from '../fuse-job.ts'
import type { PeerScope, Workload } from '../peers.ts'
import { reachOf, servicesOf } from '../peers.ts'
import { tryJob } from '../try-job.ts'
import { injectorJob } from './job.ts'
import { injectorUndo } from './undo.ts'
import { whyNoInjector } from './unfit.ts'

/** What tells one injector fault from another. */
export interface InjectorFault {
  readonly action: (spec: FaultSpec) => InjectorFaultAction
  readonly container: (spec: FaultSpec) => string | null
  /** Environment of the injector for a step's parameters and one node's targets. */
  readonly env: (spec: FaultSpec, pods: readonly Pod[]) => Readonly<Record<string, string>>
  /** Only what is between a target and these pods is hit; null: all of it. No pod there refuses the step. */
  readonly scope?: (spec: FaultSpec) => PeerScope | null
  /** Whether pods of DaemonSets and on the host's network may be hit. @default a fault that never hits them */
  readonly allowNodePods?: (spec: FaultSpec) => boolean
  /** Label selector of those; undefined: the workload. */
  readonly against?: (spec: FaultSpec) => string | undefined
  /** Why this pod on this node is none for it, as far as their specs tell; null: nothing speaks against it. */
  readonly unfit?: (spec: FaultSpec, pod: Pod, on: { readonly node: Node | undefined; readonly pods: readonly Pod[] }) => string | null
  /** Stored with the undo data of each injection. */
  readonly undo?: Pick<InjectorUndo, 'mechanism'>
}

/** Told to the injector of a network: is it no effect where none of the workload's own traffic met the rules? */
export const needsTraffic = (spec: FaultSpec): '0' | '1' => ('allowUnused' in spec && spec.allowUnused === true ? '0' : '1')

const everyPod: Selection = { names: null, selector: '', owner: null, zone: null, node: null, percent: null, count: null }

type Reasons = Omit<Refusal, 'step'>[]

/** Fixes targets, one injection per node, with all that its injector will be told. */
export async function planInjector(context: PlanContext, kind: InjectorFault): Promise<StepPlan> {
  const { step, index, config, inventory } = context
  const choice = chooseTargets(inventory, step.targets, {
    seed: context.seed,
    step: index,
    allowNodePods: kind.allowNodePods?.(step.fault),
    all: saysAll(step),
  })
  const warnings = [...choice.warnings]
  const refusals: Reasons = [...choice.refusals]
  if (config.injector.image === null) refusals.push({ code: 'injector_missing', message: `${step.fault.kind} ${howToGetOne}` })
  const scope = kind.scope?.(step.fault) ?? null
  const found = scope === null ? { services: [], warnings: [] } : await servicesOf(context)
  warnings.push(...found.warnings)
  const against = kind.against?.(step.fault)
  const workload: Workload = {
    pods: matching(inventory, { ...everyPod, selector: against ?? step.targets.selector }),
    targets: choice.chosen,
    neighbours: inventory.pods,
    services: found.services,
  }
  const injections: PlannedInjection[] = []
  for (const [node, pods] of byNode(choice.chosen)) {
    const planned = planNode(context, kind, { node, pods, workload, n: injections.length })
    injections.push(planned.injection)
    refusals.push(...planned.refusals)
    warnings.push(...planned.warnings)
  }
  const [first] = injections
  const refused = refusals.length > 0 || first === undefined ? null : await tryInjector(context, first)
  if (refused !== null) refusals.push(refused)
  return { injections: refusals.length > 0 ? [] : injections, refusals, warnings }
}

/** A step is planned right after the run was admitted; what was tried then is not tried again. */
const recentMs = 5_000
/** When which Job was taken, by the cluster. */
const taken = new WeakMap<Cluster, Map<string, number>>()

/** A privileged Job may be refused by a quota or a webhook: asked before anything begins. */
async function tryInjector(context: PlanContext, { targets, undo }: PlannedInjection): Promise<Reasons[number] | null> {
  const { runId, index: step } = context
  const now = context.clock.now()
  const { job: name, node, source, action, bootId } = injectorUndo({ undo })
  const known = taken.get(context.cluster) ?? new Map<string, number>()
  const what = JSON.stringify([runId, name, node, action])
  if (now - (known.get(what) ?? Number.NEGATIVE_INFINITY) <= recentMs) return null
  const recent = [...known].filter(([, at]) => now - at <= recentMs)
  const endsAt = now + context.config.prepareMs
  const order = { runId, step, name, node, source, action, bootId, targets, peers: {}, givenAt: now, endsAt, env: {} }
  const refused = await tryJob(context, injectorJob(order, { now, fuse: null }))
  if (refused === null) taken.set(context.cluster, new Map([...recent, [what, now]]))
  return refused
}

const howToGetOne = 'needs an injector image: build deploy/injector, push it and name it with --injector-image (docs/injector.md)'

function planNode(
  context: PlanContext,
  kind: InjectorFault,
  on: { readonly node: string; readonly pods: readonly Pod[]; readonly workload: Workload; readonly n: number },
): { readonly injection: PlannedInjection; readonly refusals: Reasons; readonly warnings: readonly string[] } {
  const { step, index, config } = context
  const wanted = kind.container(step.fault)
  const targets = on.pods.map((pod) => asTarget(pod, wanted))
  const node = context.inventory.nodes.find(({ metadata }) => metadata.name === on.node)
  const refusals = unfitOf(kind, step.fault, { node, name: on.node, pods: on.pods })
  const peers: Record<string, readonly string[]> = {}
  const warnings: string[] = []
  const scope = kind.scope?.(step.fault) ?? null
  for (const pod of scope === null ? [] : on.pods) {
    const reach = reachOf(pod, on.workload, scope ?? 'peers')
    if (reach.addresses.length === 0)
      refusals.push({ code: 'no_targets', message: `pod ${pod.metadata.name} has no other pod ${farSide(kind, step.fault)}` })
    peers[pod.metadata.uid ?? ''] = reach.addresses
    warnings.push(...reach.warnings)
  }
  const env = kind.env(step.fault, on.pods)
  const source = { ...config.injector, image: config.injector.image ?? '' }
  const undo: InjectorUndo = {
    kind: 'injector',
    ...kind.undo,
    source,
    node: on.node,
    bootId: node?.status?.nodeInfo?.bootID ?? '',
    job: fuseName(context, index, nodeSuffix(on.n)),
    action: kind.action(step.fault),
    env,
    lastsMs: step.durationMs,
    peers,
  }
  const before: Evidence = { phase: 'before', at: context.clock.now(), finding: 'no', summary: 'not injected yet', measurements: [] }
  return {
    injection: {
      targets,
      undo,
      fuse: podlessFuse(context, index, config.injector.namespace),
      evidence: [before],
    },
    refusals,
    warnings,
  }
}

function farSide(kind: InjectorFault, spec: FaultSpec): string {
  const against = kind.against?.(spec)
  return against === undefined ? 'of the workload to be cut off from' : `that matches ${against} (\`against\`) to be cut off from`
}

/** What speaks against these targets, as far as their specs and their node's tell. */
function unfitOf(
  kind: InjectorFault,
  spec: FaultSpec,
  { node, name, pods }: { readonly node: Node | undefined; readonly name: string; readonly pods: readonly Pod[] },
): Reasons {
  const noInjector = whyNoInjector(node)
  return pods.flatMap((pod): Reasons => {
    const refused = (why: string): Reasons => [{ code: 'unsafe_target', message: `pod ${pod.metadata.name} is refused: ${why}` }]
    if (noInjector !== null) return refused(`it is on ${name}, ${noInjector}`)
    const wanted = kind.container(spec)
    if (!isRunning(chooseContainer(pod, wanted)))
      return [{ code: 'no_targets', message: `pod ${pod.metadata.name} has no running container ${wanted ?? ''}`.trimEnd() }]
    const unfit = kind.unfit?.(spec, pod, { node, pods }) ?? null
    return unfit === null ? [] : refused(unfit)
  })
}

function byNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const nodes = new Map<string, Pod[]>()
  for (const pod of pods) nodes.set(pod.spec.nodeName ?? '', [...(nodes.get(pod.spec.nodeName ?? '') ?? []), pod])
  return nodes
}

function asTarget(pod: Pod, wanted: string | null): Target {
  const { status } = chooseContainer(pod, wanted)
  const container = status?.containerID === undefined ? {} : { container: { name: status.name, id: status.containerID } }
  const { namespace = '', uid = '' } = pod.metadata
  return { kind: 'Pod', namespace, name: pod.metadata.name, uid, node: pod.spec.nodeName ?? '', ...container }
}
