import { saysAll } from '../../domain/guard.ts'
import type { Evidence, Target } from '../../domain/injection.ts'
import type { LabelSelector, NetworkPolicy, Pod } from '../../domain/kube.ts'
import { matchesSelector, selectorObject } from '../../domain/label-selector.ts'
import { managedBy, managedByLabel } from '../../domain/labels.ts'
import { fuseName, stepTag } from '../../domain/names.ts'
import type { FaultSpec } from '../../domain/suite.ts'
import { chooseTargets } from '../../domain/targets.ts'
import { firstNames } from '../../domain/text.ts'
import type { PolicyUndo } from '../../domain/undo-data.ts'
import { asMeasurements, type Connectivity, dialTargets } from '../connectivity-probe.ts'
import type { PlanContext, StepPlan } from '../fault.ts'
import { podlessFuse } from '../fuse-job.ts'
import { nodesOf, portOf, restartsOf } from '../pods.ts'
import { listSurroundings } from '../surroundings.ts'

/** Fixes the targets of a cut by policy, with a canary that answers before it. */
export async function planPartition(context: PlanContext): Promise<StepPlan> {
  const { step, index, runId, namespace } = context
  const choice = chooseTargets(context.inventory, step.targets, { seed: context.seed, step: index, all: saysAll(step) })
  const { warnings } = choice
  if (choice.refusals.length > 0) return { injections: [], refusals: choice.refusals, warnings }
  const unable = whatPolicyCannot(step.fault)
  if (unable !== null) return { injections: [], refusals: [{ code: 'mechanism', message: unable }], warnings }
  const cover = coverOf(context)
  const against =
    cover === null
      ? []
      : [...cover.against, ...choice.unsafe.map(({ pod, why }) => `pod ${pod} would be cut off, too, by coverNew: ${why}`)]
  if (against.length > 0) return { injections: [], refusals: against.map((message) => ({ code: 'mechanism', message })), warnings }
  const targets = choice.chosen.map(asTarget)
  const voided = await policiesThatAllow(context, choice.chosen)
  if (voided.length > 0) return { injections: [], refusals: voided.map((message) => ({ code: 'mechanism', message })), warnings }
  const canaries = await dialFirst(context, targets)
  const blind = canaries.filter((c) => c.state !== 'open')
  if (blind.length === canaries.length) {
    return {
      injections: [],
      warnings,
      refusals: [
        {
          code: 'mechanism',
          message: `no target answers the canary before the fault (${blind[0]?.target}: ${blind[0]?.message}): a cut could not be proven`,
        },
      ],
    }
  }
  const before: Evidence = {
    phase: 'before',
    at: context.clock.now(),
    finding: 'no',
    summary: 'not cut yet',
    measurements: asMeasurements(canaries),
  }
  const undo: PolicyUndo = {
    kind: 'policy',
    singleNode: context.inventory.nodes.length === 1,
    mechanism: 'policy',
    policy: fuseName(context, index),
    value: stepTag(runId, index),
    policyTypes: policyTypes(step.fault),
    ...(cover?.selector == null ? {} : { selector: cover.selector }),
    restarts: Object.fromEntries(choice.chosen.map((pod) => [pod.metadata.uid ?? '', restartsOf(pod)])),
  }
  return {
    injections: [{ targets, undo, fuse: podlessFuse(context, index, namespace), evidence: [before] }],
    refusals: [],
    warnings: [
      ...warnings,
      ...blind.map((c) => `the canary of ${c.target} does not answer before the fault: its cut stays unknown (${c.message})`),
    ],
  }
}

/** Up to so many targets are all dialled at each look: a second on a cluster that answers after 20 ms. */
const mostDialled = 500
/** Of more, so many on each node, where one agent enforces the policy for all: one may be replaced or crash, and another tells. */
const dialledPerNode = 2

/** Whose connections tell whether the cut holds. Where none of a node's answers before the cut, others of that node are tried, once. */
async function dialFirst(context: PlanContext, targets: readonly Target[]): Promise<readonly Connectivity[]> {
  if (targets.length <= mostDialled) return dialTargets(context, targets)
  const first = dialledOf(targets)
  const canaries = await dialTargets(context, first)
  const answering = nodesOf(first, new Set(canaries.filter(({ state }) => state === 'open').map(({ target }) => target)))
  const tried = new Set(first)
  const others = dialledOf(targets.filter((target) => !tried.has(target) && !answering.has(target.node)))
  return others.length === 0 ? canaries : [...canaries, ...(await dialTargets(context, others))]
}

/** Some on each node. */
function dialledOf(targets: readonly Target[]): readonly Target[] {
  const onNode = new Map<string, number>()
  return targets.filter(({ node, port }) => {
    const count = onNode.get(node) ?? 0
    if (port === undefined || count >= dialledPerNode) return false
    onNode.set(node, count + 1)
    return true
  })
}

/** What a policy selects by so that it holds for pods that join, too; null where that was not asked for. */
function coverOf({ step }: PlanContext): { readonly selector: LabelSelector | null; readonly against: readonly string[] } | null {
  if (step.fault.type !== 'network_partition' || step.fault.coverNew !== true) return null
  const selector = selectorObject(step.targets.selector)
  const against = selector === null ? [`a NetworkPolicy cannot select by ${step.targets.selector}, which compares numbers (coverNew)`] : []
  return { selector, against }
}

/** A policy isolates a pod as a whole; anything finer needs netfilter, and so does what the canary could not see. */
function whatPolicyCannot(spec: FaultSpec): string | null {
  if (spec.type !== 'network_partition') return null
  const without = 'needs mechanism netfilter, and so an injector image (--injector-image)'
  if (spec.scope !== 'isolate') return `scope ${spec.scope} ${without}`
  if (spec.ports.length + spec.cidrs.length > 0) return `a cut of some ports or CIDRs only ${without}`
  return spec.direction === 'out' ? `a cut of outgoing traffic alone ${without}: the canary cannot see it` : null
}

function policyTypes(spec: FaultSpec): readonly string[] {
  return spec.type === 'network_partition' && spec.direction === 'in' ? ['Ingress'] : ['Ingress', 'Egress']
}

/** Other policies that select a target and let traffic in or out: they void ours. */
async function policiesThatAllow(context: PlanContext, pods: readonly Pod[]): Promise<readonly string[]> {
  const policies = await listSurroundings<NetworkPolicy>(
    context,
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
    { namespace: context.namespace },
  )
  return policies
    .filter((policy) => policy.metadata.labels?.[managedByLabel] !== managedBy)
    .filter((policy) => (policy.spec.ingress ?? []).length + (policy.spec.egress ?? []).length > 0)
    .flatMap((policy) => {
      const selected = pods.filter((pod) => matchesSelector(policy.spec.podSelector ?? {}, pod.metadata.labels))
      if (selected.length === 0) return []
      return [
        `NetworkPolicy ${policy.metadata.name} allows traffic of ${firstNames(selected.map((p) => p.metadata.name))}; policies only add up, so a deny of ours would not cut it (mechanism netfilter would)`,
      ]
    })
}

function asTarget(pod: Pod): Target {
  const { name, namespace = '', uid = '' } = pod.metadata
  const port = portOf(pod)
  return { kind: 'Pod', namespace, name, uid, node: pod.spec.nodeName ?? '', ...(port === undefined ? {} : { port }) }
}
