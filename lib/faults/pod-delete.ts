import { KubernetesError } from '../domain/errors.ts'
import type { Evidence, Injection, Target } from '../domain/injection.ts'
import type { KubeObject, OwnerReference, Pod } from '../domain/kube.ts'
import { controllerOf, isReady } from '../domain/kube.ts'
import { chooseTargets } from '../domain/targets.ts'
import { currentPods } from './canary.ts'
import type { Fault, FaultContext, PlanContext, StepPlan } from './fault.ts'

/** A controller whose pods were deleted, and how many Ready ones it had: it must have them again. */
interface OwnerBefore {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly ready: number
}

/** Deletes pods by UID; their controllers bring others. Nothing is left to undo, so the proof is that the replacements are Ready. */
export const podDelete: Fault = {
  plan: planDelete,

  async inject(context, injection) {
    const pods = await currentPods(context, injection.targets)
    const graceSeconds = injection.undo.graceSeconds
    for (const target of injection.targets) {
      const pod = pods.get(target.name)
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue
      await context.fence(context.config.unfencedCallMs)
      await context.cluster.objects
        .delete(podRef(target), { uid: target.uid, ...(typeof graceSeconds === 'number' ? { graceSeconds } : {}) })
        .catch((error: unknown) => {
          if (!(error instanceof KubernetesError && error.code === 'conflict')) throw error
        })
    }
  },

  async evidence(context, injection, phase) {
    const pods = await currentPods(context, injection.targets)
    const alive = injection.targets.filter((t) => {
      const pod = pods.get(t.name)
      return pod !== undefined && pod.metadata.deletionTimestamp === undefined
    })
    const measurements = injection.targets.map((t) => {
      const pod = pods.get(t.name)
      const value = pod === undefined ? 'gone' : pod.metadata.deletionTimestamp === undefined ? 'alive' : 'terminating'
      return { target: t.name, name: 'pod', unit: '', value }
    })
    const at = context.clock.now()
    if (alive.length > 0) return { phase, at, finding: 'no', summary: `still alive: ${alive.map((t) => t.name).join(', ')}`, measurements }
    return {
      phase,
      at,
      finding: 'yes',
      summary: `${injection.targets.map((t) => t.name).join(', ')} deleted (UID gone or terminating)`,
      measurements,
    }
  },

  async revert() {
    // The pods' controllers do it; `undone` waits for them.
  },

  async undone(context, injection) {
    const touched = injection.evidence.some((e) => e.phase === 'during')
    const pods = touched ? await currentPods(context, injection.targets) : new Map<string, Pod>()
    const terminating = [...pods.values()].filter((pod) => pod.metadata.deletionTimestamp !== undefined)
    const owners = await Promise.all(ownersOf(injection).map((owner) => lookAt(context, injection, owner)))
    const missing = owners.filter((o) => o.ready < o.wanted)
    const measurements = owners.map((o) => ({ target: o.label, name: 'ready pods', unit: '', value: o.ready }))
    const at = context.clock.now()
    if (terminating.length > 0) {
      const who = terminating.map((pod) => pod.metadata.name).join(', ')
      return { phase: 'after', at, finding: 'no', summary: `still terminating: ${who}`, measurements }
    }
    if (missing.length > 0) {
      const who = missing.map((o) => `${o.label} has ${o.ready} of ${o.wanted} ready pods`).join(', ')
      return { phase: 'after', at, finding: 'no', summary: `replacements are not Ready: ${who}`, measurements }
    }
    const summary = owners.map((o) => (o.gone ? `${o.label} is gone itself` : `${o.label} has ${o.ready} ready pods again`)).join(', ')
    return { phase: 'after', at, finding: 'yes', summary, measurements }
  },
}

async function planDelete(context: PlanContext): Promise<StepPlan> {
  const { step, index, seed, inventory } = context
  const spec = step.fault
  const allowBarePods = spec.type === 'node_failure' && spec.kind === 'pod-delete' && spec.allowBarePods
  const choice = chooseTargets(inventory, step.targets, { seed, step: index, allowBarePods })
  const warnings = choice.unsafe.map((u) => `${u.pod} is left out: ${u.why}`)
  if (choice.refusals.length > 0) return { injections: [], refusals: choice.refusals, warnings }
  const targets = choice.chosen.map(
    (pod): Target => ({
      kind: 'Pod',
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? '',
      node: pod.spec.nodeName ?? '',
    }),
  )
  const owners = distinct(choice.chosen.flatMap((pod) => controllerOf(pod) ?? []))
  const undo = {
    owners: owners.map(
      (owner): OwnerBefore => ({
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.name,
        uid: owner.uid,
        ready: readyOf(inventory.pods, owner.uid),
      }),
    ),
    graceSeconds: spec.type === 'node_failure' && spec.kind === 'pod-delete' ? spec.graceSeconds : null,
  }
  const before: Evidence = {
    phase: 'before',
    at: context.clock.now(),
    finding: 'no',
    summary: 'alive',
    measurements: targets.map((t) => ({ target: t.name, name: 'pod', unit: '', value: 'alive' })),
  }
  const bare = choice.chosen.filter((pod) => controllerOf(pod) === undefined)
  return {
    injections: [{ targets, undo, fuse: null, evidence: [before] }],
    refusals: [],
    warnings: [...warnings, ...bare.map((pod) => `${pod.metadata.name} has no controller: nobody brings it back`)],
  }
}

interface OwnerNow {
  readonly label: string
  readonly gone: boolean
  readonly ready: number
  readonly wanted: number
}

/** A controller that was scaled down or deleted meanwhile owes no more pods than it now wants. */
async function lookAt(context: FaultContext, injection: Injection, owner: OwnerBefore): Promise<OwnerNow> {
  const namespace = injection.targets[0]?.namespace ?? ''
  const label = `${owner.kind} ${owner.name}`
  const found = await context.cluster.objects.get<KubeObject & { readonly spec?: { readonly replicas?: number } }>({
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    namespace,
    name: owner.name,
  })
  if (found === undefined || found.metadata.uid !== owner.uid) return { label, gone: true, ready: 0, wanted: 0 }
  const pods = await context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace })
  return { label, gone: false, ready: readyOf(pods, owner.uid), wanted: Math.min(owner.ready, found.spec?.replicas ?? owner.ready) }
}

function ownersOf(injection: Injection): readonly OwnerBefore[] {
  return injection.undo.owners as readonly OwnerBefore[]
}

function readyOf(pods: readonly Pod[], ownerUid: string): number {
  return pods.filter((pod) => controllerOf(pod)?.uid === ownerUid && isReady(pod)).length
}

function distinct(owners: readonly OwnerReference[]): readonly OwnerReference[] {
  return [...new Map(owners.map((owner) => [owner.uid, owner])).values()]
}

function podRef(target: Target) {
  return { apiVersion: 'v1', kind: 'Pod', namespace: target.namespace, name: target.name }
}
