import { FaultlineError, KubernetesError } from '../domain/errors.ts'
import type { Evidence, Injection, Target } from '../domain/injection.ts'
import type { NetworkPolicy, ObjectRef, Pod } from '../domain/kube.ts'

import { matchesSelector } from '../domain/label-selector.ts'
import { expiresAnnotation, managedBy, managedByLabel, ourLabels, runLabel, stepTag, targetLabel } from '../domain/labels.ts'
import type { FaultSpec } from '../domain/suite.ts'
import { chooseTargets } from '../domain/targets.ts'
import { isoSeconds } from '../time.ts'
import { answers, asMeasurements, currentPods, dialTargets, judge, workingBefore } from './canary.ts'
import type { Fault, FaultContext, PlanContext, StepPlan } from './fault.ts'
import { fuseGone, fuseName, ownedBy, podlessFuse, removeFuse } from './fuse.ts'

const labelPath = `/metadata/labels/${targetLabel.replace('/', '~1')}`

/**
 * Cuts pods off by one NetworkPolicy that selects a label put on exactly the targets. Policies only add up, so a policy of the user's
 * that allows traffic to the same pods makes ours void: found at plan time
 * (https://kubernetes.io/docs/concepts/services-networking/network-policies/#the-two-sorts-of-pod-isolation).
 */
export const policyPartition: Fault = {
  plan: planPartition,

  async inject(context, injection) {
    const fuse = injection.armed
    if (fuse === null) throw new FaultlineError('fuse_not_armed', 'a partition needs an armed fuse')
    await Promise.all(injection.targets.map((target) => mark(context, target, tagOf(injection))))
    const policy = partitionPolicy(injection)
    try {
      await context.cluster.objects.create({ ...policy, metadata: { ...policy.metadata, ownerReferences: ownedBy(fuse) } })
    } catch (error) {
      if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
      const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
      if (!isOurs(found, injection)) throw error
    }
  },

  async evidence(context, injection, phase) {
    const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
    const at = context.clock.now()
    if (!isOurs(found, injection)) return { phase, at, finding: 'no', summary: 'the NetworkPolicy is not there', measurements: [] }
    const pods = await currentPods(context, injection.targets)
    const left = injection.targets.filter((t) => pods.get(t.name)?.metadata.labels?.[targetLabel] !== tagOf(injection))
    const canaries = await dialTargets(context, injection.targets)
    const measurements = asMeasurements(canaries)
    if (left.length > 0) {
      return { phase, at, finding: 'no', summary: `${names(left)} left the partition (replaced, or its label was taken off)`, measurements }
    }
    const worked = workingBefore(beforeOf(injection))
    return { phase, at, measurements, ...verdictOnCut(judge(canaries, worked, 'closed'), injection) }
  },

  async revert(context, injection) {
    if (injection.armed !== null) await removeFuse(context, injection.armed)
    const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
    if (found !== undefined && belongs(found, injection)) await removeObject(context, found)
    await Promise.all(injection.targets.map((target) => unmark(context, target, tagOf(injection))))
  },

  async undone(context, injection) {
    const rest = await residue(context, injection)
    const at = context.clock.now()
    if (rest.length > 0) return { phase: 'after', at, finding: 'no', summary: `still there: ${rest.join(', ')}`, measurements: [] }
    const pods = await currentPods(context, injection.targets)
    const canaries = await dialTargets(
      context,
      injection.targets.filter((t) => pods.has(t.name)),
    )
    const touched = injection.evidence.some((e) => e.phase === 'during')
    const worked = workingBefore(beforeOf(injection))
    const shut = canaries.filter((c) => worked.has(c.target) && c.state !== 'open' && answers(pods.get(c.target)))
    const measurements = asMeasurements(canaries)
    if (touched && shut.length > 0) {
      return {
        phase: 'after',
        at,
        finding: 'unknown',
        summary: `the policy is gone, but the canary of ${shut.map((c) => c.target).join(', ')} does not answer yet`,
        measurements,
      }
    }
    const open = canaries.filter((c) => c.state === 'open').length
    return {
      phase: 'after',
      at,
      finding: 'yes',
      summary: `fuse, policy and labels are gone; ${open} of ${injection.targets.length} canaries answer`,
      measurements,
    }
  },
}

async function planPartition(context: PlanContext): Promise<StepPlan> {
  const { step, index, runId, namespace } = context
  const choice = chooseTargets(context.inventory, step.targets, { seed: context.seed, step: index })
  const warnings = choice.unsafe.map((u) => `${u.pod} is left out: ${u.why}`)
  if (choice.refusals.length > 0) return { injections: [], refusals: choice.refusals, warnings }
  const unable = whatPolicyCannot(step.fault)
  if (unable !== null) return { injections: [], refusals: [{ code: 'mechanism', message: unable }], warnings }
  const targets = choice.chosen.map(asTarget)
  const voided = await policiesThatAllow(context, choice.chosen)
  if (voided.length > 0) return { injections: [], refusals: voided.map((message) => ({ code: 'mechanism', message })), warnings }
  const canaries = await dialTargets(context, targets)
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
  const undo = { mechanism: 'policy', policy: fuseName(runId, index), value: stepTag(runId, index), policyTypes: policyTypes(step.fault) }
  return {
    injections: [{ targets, undo, fuse: podlessFuse(runId, index, namespace), evidence: [before] }],
    refusals: [],
    warnings: [
      ...warnings,
      ...blind.map((c) => `the canary of ${c.target} does not answer before the fault: its cut stays unknown (${c.message})`),
    ],
  }
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
  const policies = await context.cluster.objects.list<NetworkPolicy>(
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
        `NetworkPolicy ${policy.metadata.name} allows traffic of ${selected.map((p) => p.metadata.name).join(', ')}; policies only add up, so a deny of ours would not cut it (mechanism netfilter would)`,
      ]
    })
}

function partitionPolicy(injection: Injection): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: String(injection.undo.policy),
      namespace: injection.fuse?.namespace ?? '',
      labels: ourLabels({ runId: injection.runId, step: injection.step, role: 'policy' }),
      annotations: { [expiresAnnotation]: isoSeconds(injection.expiresAt) },
    },
    spec: {
      podSelector: { matchLabels: { [targetLabel]: tagOf(injection) } },
      policyTypes: injection.undo.policyTypes as readonly string[],
    },
  }
}

function policyRef(injection: Injection): ObjectRef {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    namespace: injection.fuse?.namespace ?? '',
    name: String(injection.undo.policy),
  }
}

function tagOf(injection: Injection): string {
  return String(injection.undo.value)
}

function belongs(policy: NetworkPolicy | undefined, injection: Injection): boolean {
  return policy?.metadata.labels?.[runLabel] === injection.runId
}

/** Ours, alive, and owned by the fuse that the ledger knows. */
function isOurs(policy: NetworkPolicy | undefined, injection: Injection): boolean {
  if (policy === undefined || !belongs(policy, injection) || policy.metadata.deletionTimestamp !== undefined) return false
  return (policy.metadata.ownerReferences ?? []).some((owner) => owner.uid === injection.armed?.uid)
}

async function mark(context: FaultContext, target: Target, tag: string): Promise<void> {
  try {
    await context.cluster.objects.patch(podRef(target), [
      { op: 'test', path: '/metadata/uid', value: target.uid },
      { op: 'add', path: labelPath, value: tag },
    ])
  } catch (error) {
    if (gone(error)) throw new FaultlineError('not_found', `pod ${target.name} was replaced before it could be cut off`, { cause: error })
    throw error
  }
}

/** A pod that was replaced has no label of ours; a label that is not ours is left alone. */
async function unmark(context: FaultContext, target: Target, tag: string): Promise<void> {
  const pods = await currentPods(context, [target])
  if (pods.get(target.name)?.metadata.labels?.[targetLabel] !== tag) return
  await context.cluster.objects
    .patch(podRef(target), [
      { op: 'test', path: '/metadata/uid', value: target.uid },
      { op: 'test', path: labelPath, value: tag },
      { op: 'remove', path: labelPath },
    ])
    .catch((error: unknown) => {
      if (!gone(error)) throw error
    })
}

/** The pod is away, or a `test` of the patch found another (422 or 409 by the API server). */
function gone(error: unknown): boolean {
  return error instanceof KubernetesError && ['not_found', 'conflict', 'invalid'].includes(error.code)
}

async function removeObject(context: FaultContext, object: NetworkPolicy): Promise<void> {
  const { name, namespace = '', uid = '' } = object.metadata
  await context.cluster.objects.delete({ apiVersion: object.apiVersion, kind: object.kind, namespace, name }, { uid })
}

async function residue(context: FaultContext, injection: Injection): Promise<readonly string[]> {
  const policy = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
  const pods = await currentPods(context, injection.targets)
  const marked = [...pods.values()].filter((pod) => pod.metadata.labels?.[targetLabel] === tagOf(injection))
  return [
    ...(injection.armed !== null && !(await fuseGone(context, injection.armed)) ? [`fuse ${injection.armed.name}`] : []),
    ...(belongs(policy, injection) ? [`NetworkPolicy ${policy?.metadata.name}`] : []),
    ...marked.map((pod) => `label on ${pod.metadata.name}`),
  ]
}

function verdictOnCut(finding: Evidence['finding'], injection: Injection): Pick<Evidence, 'finding' | 'summary'> {
  const who = names(injection.targets)
  switch (finding) {
    case 'yes':
      return { finding, summary: `${who}: new connections from the API server are refused (egress and established ones: unknown)` }
    case 'no':
      return {
        finding,
        summary: `the policy is there, but ${who} still answers: the CNI does not enforce NetworkPolicies, or another policy allows the traffic`,
      }
    case 'unknown':
      return { finding, summary: `whether ${who} is cut off could not be measured` }
  }
}

function beforeOf(injection: Injection) {
  return injection.evidence.find((e) => e.phase === 'before')?.measurements ?? []
}

function asTarget(pod: Pod): Target {
  const { name, namespace = '', uid = '' } = pod.metadata
  const port = portOf(pod)
  return { kind: 'Pod', namespace, name, uid, node: pod.spec.nodeName ?? '', ...(port === undefined ? {} : { port }) }
}

/** The first declared TCP port, else the readiness probe's. */
function portOf(pod: Pod): number | undefined {
  for (const container of pod.spec.containers) {
    const declared = container.ports?.find((p) => (p.protocol ?? 'TCP') === 'TCP')
    if (declared !== undefined) return declared.containerPort
    const probed = container.readinessProbe?.httpGet?.port ?? container.readinessProbe?.tcpSocket?.port
    if (typeof probed === 'number') return probed
  }
  return undefined
}

function podRef(target: Target): ObjectRef {
  return { apiVersion: 'v1', kind: 'Pod', namespace: target.namespace, name: target.name }
}

function names(targets: readonly Target[]): string {
  return targets.map((t) => t.name).join(', ')
}
