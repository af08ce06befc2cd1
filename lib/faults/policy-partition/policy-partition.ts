import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Evidence, Injection, Measurement, Target } from '../../domain/injection.ts'
import { heldFor } from '../../domain/injection.ts'
import type { NetworkPolicy, ObjectRef, Pod } from '../../domain/kube.ts'
import { expiresAnnotation, ourLabels, runLabel, targetLabel } from '../../domain/labels.ts'
import { counted, firstNames } from '../../domain/text.ts'
import { undoOf } from '../../domain/undo-data.ts'
import { isoSeconds, parseIso } from '../../time.ts'
import type { Connectivity } from '../connectivity-probe.ts'
import { asMeasurements, dialTargets, judge, workingBefore } from '../connectivity-probe.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, removeFuse } from '../fuse.ts'
import { ownedBy } from '../fuse-job.ts'
import { answers, currentPods, hasCrashed, nodesOf } from '../pods.ts'
import { sideBySide } from '../side-by-side.ts'
import { planPartition } from './policy-plan.ts'

const labelPath = `/metadata/labels/${targetLabel.replace('/', '~1')}`

/** An app that is not Ready may be silent for its own reasons; with no rule left for this long, that is what it is. */
const deadAppMs = 60_000
const goneSince = 'no rule left since'

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
    await sideBySide(context, injection.targets, (target) => mark(context, target, tagOf(injection)))
    const policy = partitionPolicy(injection)
    await context.mayBegin?.()
    try {
      const owned = { ...policy, metadata: { ...policy.metadata, ownerReferences: ownedBy(fuse) } }
      await context.cluster.objects.create(owned, { until: context.interrupt })
    } catch (error) {
      if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
      const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
      if (!isOurs(found, injection)) throw error
    }
  },

  async evidence(context, injection, phase) {
    const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
    const seenAt = context.clock.now()
    if (!isOurs(found, injection)) return { phase, at: seenAt, finding: 'no', summary: 'the NetworkPolicy is not there', measurements: [] }
    const dialled = await dialTargets(context, canariesOf(injection))
    const pods = await currentPods(context, injection.targets)
    const at = context.clock.now()
    const canaries = dialled.map((canary) => (isCrash(canary, pods, injection) ? { ...canary, state: 'unknown' as const } : canary))
    const measurements = asMeasurements(canaries)
    const left = injection.targets.filter((t) => pods.get(t.name)?.metadata.labels?.[targetLabel] !== tagOf(injection))
    if (left.length > 0) {
      return { phase, at, finding: 'no', summary: `${names(left)} left the partition (replaced, or its label was taken off)`, measurements }
    }
    const crashed = canaries.filter((c, i) => c.state !== dialled[i]?.state)
    // A cut that swallows packets is known as one only when patience is over.
    const held = { target: policyUndo(injection).policy, name: heldFor, unit: 'ms', value: at - seenAt }
    return { phase, at, measurements: [...measurements, held], ...verdictOnCut(injection, canaries, crashed) }
  },

  async revert(context, injection) {
    if (injection.armed !== null) await removeFuse(context, injection.armed)
    const found = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
    if (found !== undefined && belongs(found, injection)) await removeObject(context, found)
    await sideBySide(context, injection.targets, (target) => unmark(context, target, tagOf(injection)))
  },

  /**
   * 1. Fuse, policy or label still there: not gone. 2. Each target that is left and answered before is dialled again. 3. One that is silent is
   * excused where its app cannot answer: its pod is not Ready, and crashed since or had no rule for a minute. 4. Any other silence: unknown.
   */
  async undone(context, injection) {
    const rest = await residue(context, injection)
    const dialled = rest.length > 0 ? [] : await dialTargets(context, canariesOf(injection))
    const pods = await currentPods(context, injection.targets)
    const at = context.clock.now()
    const marked = [...pods.values()].filter((pod) => pod.metadata.labels?.[targetLabel] === tagOf(injection))
    const left = [...rest, ...marked.map((pod) => `label on ${pod.metadata.name}`)]
    if (left.length > 0) return { phase: 'after', at, finding: 'no', summary: `still there: ${left.join(', ')}`, measurements: [] }
    const canaries = dialled.filter((c) => pods.has(c.target))
    const since = noRuleSince(injection, at)
    const measurements = [
      ...asMeasurements(canaries),
      { target: policyUndo(injection).policy, name: goneSince, unit: '', value: isoSeconds(since) },
    ]
    const worked = workingBefore(beforeOf(injection))
    const silent = injection.armed === null ? [] : canaries.filter((c) => worked.has(c.target) && c.state !== 'open')
    const dead = silent.filter((c) => !answers(pods.get(c.target)) && (at - since > deadAppMs || crashedSince(c, pods, injection)))
    const shut = silent.filter((c) => !dead.includes(c))
    if (shut.length > 0) {
      const summary = `the policy is gone, but the canary of ${who(shut)} does not answer yet`
      return { phase: 'after', at, finding: 'unknown', summary, measurements }
    }
    const open = canaries.filter((c) => c.state === 'open').length
    const excuse = dead.length === 0 ? '' : `; that of ${who(dead)} is silent because the pod is not Ready`
    const gone = injection.targets.filter(({ name }) => !pods.has(name)).length
    const away = gone === 0 ? '' : `; ${gone} of ${injection.targets.length} targets left the cluster meanwhile`
    const summary = `fuse, policy and labels are gone; ${open} of ${canaries.length} canaries answer${excuse}${away}`
    return { phase: 'after', at, finding: 'yes', summary, measurements }
  },
}

/** When it was first seen that no rule is left; carried from look to look in the evidence. */
function noRuleSince(injection: Injection, now: number): number {
  const seen = injection.evidence.find((e) => e.phase === 'after')?.measurements.find((m) => m.name === goneSince)
  return parseIso(String(seen?.value ?? '')) ?? now
}

/** A closed port of a pod that crashed says nothing about the network. */
function isCrash(canary: Connectivity, pods: ReadonlyMap<string, Pod>, injection: Injection): boolean {
  return canary.state === 'closed' && crashedSince(canary, pods, injection)
}

function crashedSince(canary: Connectivity, pods: ReadonlyMap<string, Pod>, injection: Injection): boolean {
  const pod = pods.get(canary.target)
  return pod !== undefined && hasCrashed(pod, policyUndo(injection).restarts[pod.metadata.uid ?? ''])
}

function partitionPolicy(injection: Injection): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: policyUndo(injection).policy,
      namespace: injection.fuse?.namespace ?? '',
      labels: ourLabels({ runId: injection.runId, step: injection.step, role: 'policy' }),
      annotations: { [expiresAnnotation]: isoSeconds(injection.expiresAt) },
    },
    spec: {
      podSelector: policyUndo(injection).selector ?? { matchLabels: { [targetLabel]: tagOf(injection) } },
      policyTypes: policyUndo(injection).policyTypes,
    },
  }
}

function policyRef(injection: Injection): ObjectRef {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    namespace: injection.fuse?.namespace ?? '',
    name: policyUndo(injection).policy,
  }
}

const policyUndo = (injection: Injection) => undoOf(injection, 'policy')

function tagOf(injection: Injection): string {
  return policyUndo(injection).value
}

function belongs(policy: NetworkPolicy | undefined, injection: Injection): boolean {
  return policy?.metadata.labels?.[runLabel] === injection.runId
}

/** Ours, alive, and owned by the fuse that the ledger knows. */
function isOurs(policy: NetworkPolicy | undefined, injection: Injection): boolean {
  if (policy === undefined || !belongs(policy, injection) || policy.metadata.deletionTimestamp !== undefined) return false
  return (policy.metadata.ownerReferences ?? []).some((owner) => owner.uid === injection.armed?.uid)
}

/** The UID in a merge patch is a precondition (422 when it is another pod's); it also works for a pod that has no labels at all. */
async function mark(context: FaultContext, target: Target, tag: string): Promise<void> {
  try {
    const patch = { metadata: { uid: target.uid, labels: { [targetLabel]: tag } } }
    await context.cluster.objects.patch(podRef(target), patch, { until: context.interrupt })
  } catch (error) {
    if (!gone(error) || (await currentPods(context, [target])).has(target.name)) throw error
    throw new FaultlineError('not_found', `pod ${target.name} was replaced before it could be cut off`, { cause: error })
  }
}

/** A pod that was replaced has no label of ours; a label that is not ours is left alone. */
async function unmark(context: FaultContext, target: Target, tag: string): Promise<void> {
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

/** The pod is away, or the patch's UID or `test` found another (422 or 409 by the API server). */
function gone(error: unknown): boolean {
  return error instanceof KubernetesError && ['not_found', 'conflict', 'invalid'].includes(error.code)
}

async function removeObject(context: FaultContext, object: NetworkPolicy): Promise<void> {
  const { name, namespace = '', uid = '' } = object.metadata
  await context.cluster.objects.delete({ apiVersion: object.apiVersion, kind: object.kind, namespace, name }, { uid })
}

/** Of fuse and policy. */
async function residue(context: FaultContext, injection: Injection): Promise<readonly string[]> {
  const policy = await context.cluster.objects.get<NetworkPolicy>(policyRef(injection))
  return [
    ...(injection.armed !== null && !(await fuseGone(context, injection.armed)) ? [`fuse ${injection.armed.name}`] : []),
    ...(belongs(policy, injection) ? [`NetworkPolicy ${policy?.metadata.name}`] : []),
  ]
}

/** On a pod's own node policies do not bind what comes from that node, and there the only node's API server dials from. */
function causes(injection: Injection): string {
  const usual = 'the CNI does not enforce NetworkPolicies, or another policy allows the traffic'
  return policyUndo(injection).singleNode
    ? `${usual}, or it is only that this cluster has one node, where the API server is on the pod's own`
    : usual
}

/** Names only targets whose canary could tell; of the others nothing is known. */
function verdictOnCut(
  injection: Injection,
  canaries: readonly Connectivity[],
  crashed: readonly Connectivity[],
): Pick<Evidence, 'finding' | 'summary'> {
  const worked = workingBefore(beforeOf(injection))
  const told = (state: Connectivity['state']) => canaries.filter((c) => worked.has(c.target) && c.state === state)
  const untold = canaries.filter((c) => !worked.has(c.target) || c.state === 'unknown')
  const crash = crashed.length === 0 ? '' : `; ${who(crashed)} crashed, and a closed port proves nothing then`
  const finding = judge(canaries, worked, 'closed')
  switch (finding) {
    case 'yes': {
      const others = untold.length === 0 ? '' : `; ${who(untold)}: unknown`
      return {
        finding,
        summary: `${who(told('closed'))}: new connections from the API server are refused (egress and established ones: unknown)${others}${undialled(injection)}`,
      }
    }
    case 'no':
      return { finding, summary: `the policy is there, but ${who(told('open'))} still answers: ${causes(injection)}` }
    case 'unknown':
      return { finding, summary: `whether ${who(untold)} is cut off could not be measured${crash}` }
  }
}

/** The targets that were dialled before the cut: all of them, or some on each node. */
function canariesOf(injection: Injection): readonly Target[] {
  const dialled = new Set(beforeOf(injection).map(({ target }) => target))
  return dialled.size === 0 ? injection.targets : injection.targets.filter(({ name }) => dialled.has(name))
}

/** What is known of those that were not: on a node of which a canary tells they are cut off by the same agent, elsewhere they are not known of. */
function undialled(injection: Injection): string {
  const dialled = new Set(canariesOf(injection).map(({ name }) => name))
  const others = injection.targets.filter(({ name }) => !dialled.has(name))
  const telling = nodesOf(injection.targets, workingBefore(beforeOf(injection)))
  const beside = others.filter(({ node }) => telling.has(node)).length
  const unknown = others.length - beside
  const bear = 'bear the label that the policy selects'
  return [
    beside === 0 ? '' : `; ${counted(beside, 'more target')} on the same nodes ${bear}`,
    unknown === 0
      ? ''
      : `; ${counted(unknown, 'more target')} on nodes of which no target answered before ${bear}: whether it holds there is unknown`,
  ].join('')
}

function beforeOf(injection: Injection): readonly Measurement[] {
  return injection.evidence.find((e) => e.phase === 'before')?.measurements ?? []
}

function podRef(target: Target): ObjectRef {
  return { apiVersion: 'v1', kind: 'Pod', namespace: target.namespace, name: target.name }
}

function names(targets: readonly Target[]): string {
  return firstNames(targets.map((t) => t.name))
}

function who(canaries: readonly Connectivity[]): string {
  return firstNames(canaries.map((c) => c.target))
}
