import { KubernetesError } from '../domain/errors.ts'
import { saysAll } from '../domain/guard.ts'
import type { Evidence, Injection, Measurement, Target } from '../domain/injection.ts'
import type { Pod } from '../domain/kube.ts'
import { controllerOf } from '../domain/kube.ts'
import { chooseTargets } from '../domain/targets.ts'
import type { DeletionUndo } from '../domain/undo-data.ts'
import { undoOf } from '../domain/undo-data.ts'
import type { Deletion } from '../ports.ts'
import type { Fault, FaultContext, PlanContext, StepPlan } from './fault.ts'
import type { OwnerNow } from './owners.ts'
import { ownerNow, ownersOf, readOwner, readyOf } from './owners.ts'
import { begunHere, didHere, noteAction } from './performed-actions.ts'
import { currentPods, podsAmong } from './pods.ts'
import { sideBySide } from './side-by-side.ts'
import { describeTerminating, slowToGo } from './terminating-pods.ts'

/** Deletes pods by UID; their controllers bring others. Nothing is left to undo, so the proof is that the workload is whole again. */
export const podDelete: Fault = {
  plan: planDelete,

  async inject(context, injection) {
    const pods = await currentPods(context, injection.targets)
    const alive = injection.targets.filter(({ name }) => pods.has(name) && pods.get(name)?.metadata.deletionTimestamp === undefined)
    await sideBySide(context, alive, async (target) => {
      noteAction(context, injection, seenAlive(target))
      const outcome = await deletePod(context, injection, target)
      if (outcome !== 'absent') noteAction(context, injection, actionOf(target, outcome))
    })
  },

  async evidence(context, injection, phase) {
    const states = await statesOf(context, injection)
    const measurements = injection.targets.map(
      (t): Measurement => ({ target: t.name, name: 'pod', unit: '', value: states.get(t.uid) ?? 'gone' }),
    )
    const at = context.clock.now()
    const among = (...wanted: readonly State[]) => injection.targets.filter((t) => wanted.includes(states.get(t.uid) ?? 'gone'))
    const [alive, deleted, unclear, inherited] = [among('alive'), among('deleted'), among('unclear'), among('inherited')]
    const others = among('terminating', 'gone')
    const summary = [
      deleted.length === 0 ? '' : `${names(deleted)} deleted (UID gone or terminating)`,
      unclear.length === 0 ? '' : `${names(unclear)} gone; our DELETE may have done it (its answer was lost)`,
      inherited.length === 0 ? '' : `${names(inherited)} gone; the driver before may have done it`,
      others.length === 0 ? '' : `${names(others)} went away before it could be deleted`,
    ]
    if (alive.length > 0) return { phase, at, finding: 'no', summary: `still alive: ${names(alive)}`, measurements }
    const finding = deleted.length > 0 ? 'yes' : unclear.length + inherited.length > 0 ? 'unknown' : 'no'
    return { phase, at, finding, summary: summary.filter((part) => part !== '').join('; '), measurements }
  },

  undoShows(injection) {
    const { owners } = undoOf(injection, 'deletion')
    const isThere = (pods: readonly Pod[]) => owners.every(({ uid, ready }) => readyOf(pods, uid) >= ready)
    return { namespace: injection.targets[0]?.namespace ?? '', isThere }
  },

  async revert() {
    // The pods' controllers do it; `undone` waits for them.
  },

  async undone(context, injection) {
    const namespace = injection.targets[0]?.namespace ?? ''
    const { owners: before } = undoOf(injection, 'deletion')
    const [all, controllers] = await Promise.all([
      context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }),
      Promise.all(before.map((owner) => readOwner(context, namespace, owner))),
    ])
    const pods = podsAmong(all, injection.targets)
    const owners = before.map((owner, i) => ownerNow(owner, controllers[i], all))
    const measurements = owners.map((o): Measurement => ({ target: o.label, name: 'ready pods', unit: '', value: o.ready }))
    const at = context.clock.now()
    const missing = owners.filter((o) => o.ready < o.wanted)
    if (missing.length > 0) {
      const finding = missing.every((o) => o.known) ? 'no' : 'unknown'
      const summary = `replacements are not Ready: ${missing.map(describeMissing).join(', ')}`
      return { phase: 'after', at, finding, summary, measurements }
    }
    const back = owners.map((o) => o.over ?? `${o.label} has ${o.ready} ready pods again`)
    const terminating = [...pods.values()].filter((pod) => pod.metadata.deletionTimestamp !== undefined).map(describeTerminating)
    const summary = [...back, ...bareOnes(injection, pods), ...terminating].join(', ')
    return { phase: 'after', at, finding: 'yes', summary, measurements }
  },
}

/** `deleted`: by us; `unclear`: perhaps by us; `inherited`: perhaps by the driver before; `terminating` and `gone`: by another client. */
type State = 'alive' | 'deleted' | 'unclear' | 'inherited' | 'terminating' | 'gone'

/** By the target's UID. What an earlier driver saw itself delete stands in the ledger. */
async function statesOf(context: FaultContext, injection: Injection): Promise<ReadonlyMap<string, State>> {
  // A DELETE that was answered is never taken back: only the others are looked at.
  const open = injection.targets.filter((t) => !didHere(context, injection, actionOf(t, 'deleted')))
  const pods = await currentPods(context, open)
  const before = injection.evidence.find((e) => e.phase === 'during')?.measurements ?? []
  return new Map(
    injection.targets.map((t): [string, State] => {
      const pod = pods.get(t.name)
      if (pod !== undefined && pod.metadata.deletionTimestamp === undefined) return [t.uid, 'alive']
      const done = (outcome: 'deleted' | 'unclear') =>
        didHere(context, injection, actionOf(t, outcome)) || before.some((m) => m.target === t.name && m.value === outcome)
      if (done('deleted')) return [t.uid, 'deleted']
      if (done('unclear')) return [t.uid, 'unclear']
      if (!begunHere(context, injection) && !didHere(context, injection, seenAlive(t))) return [t.uid, 'inherited']
      return [t.uid, pod === undefined ? 'gone' : 'terminating']
    }),
  )
}

function seenAlive({ uid }: Target): string {
  return `saw ${uid}`
}

function actionOf({ uid }: Target, outcome: 'deleted' | 'unclear'): string {
  return `${outcome} ${uid}`
}

/** `absent` when another client was first: the pod is gone, or another bears its name. An answer that never came is `unclear`. */
async function deletePod(context: FaultContext, injection: Injection, target: Target): Promise<Exclude<Deletion, 'removed'>> {
  const { graceSeconds } = undoOf(injection, 'deletion')
  const { namespace, name, uid } = target
  const options = { uid, until: context.interrupt, ...(graceSeconds === null ? {} : { graceSeconds }) }
  try {
    const call = { verb: 'delete', kind: 'Pod', namespace, name, uid } as const
    const outcome = await context.unfenced(call, () =>
      context.cluster.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace, name }, options),
    )
    return outcome === 'removed' ? 'deleted' : outcome
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'conflict') return 'absent'
    if (error instanceof KubernetesError && error.code === 'unavailable') return 'unclear'
    throw error
  }
}

function describeMissing(owner: OwnerNow): string {
  const told = `${owner.label} has ${owner.ready} of ${owner.wanted} ready pods`
  return owner.known ? told : `${told} (whether it was scaled down meanwhile cannot be told)`
}

/** Pods that no controller brings back: only hit when the suite said so. */
function bareOnes(injection: Injection, pods: ReadonlyMap<string, Pod>): readonly string[] {
  const { bare } = undoOf(injection, 'deletion')
  const gone = bare.filter((name) => !pods.has(name))
  const there = bare.filter((name) => pods.has(name) && pods.get(name)?.metadata.deletionTimestamp === undefined)
  return [
    ...(gone.length === 0 ? [] : [`nothing brings ${gone.join(', ')} back (no controller)`]),
    ...(there.length === 0 ? [] : [`${there.join(', ')} was not deleted`]),
  ]
}

async function planDelete(context: PlanContext): Promise<StepPlan> {
  const { step, index, seed, inventory } = context
  const spec = step.fault.type === 'node_failure' && step.fault.kind === 'pod-delete' ? step.fault : null
  const choice = chooseTargets(inventory, step.targets, {
    seed,
    step: index,
    allowBarePods: spec?.allowBarePods ?? false,
    allowNodePods: spec?.allowNodePods ?? false,
    all: saysAll(step),
  })
  const { warnings } = choice
  if (choice.refusals.length > 0) return { injections: [], refusals: choice.refusals, warnings }
  const targets = choice.chosen.map(asTarget)
  const bare = choice.chosen.filter((pod) => controllerOf(pod) === undefined).map((pod) => pod.metadata.name)
  const owners = ownersOf(choice.chosen, inventory.pods)
  const undo: DeletionUndo = { kind: 'deletion', owners, bare, graceSeconds: spec?.graceSeconds ?? null }
  const before: Evidence = {
    phase: 'before',
    at: context.clock.now(),
    finding: 'no',
    summary: 'alive',
    measurements: targets.map((t) => ({ target: t.name, name: 'pod', unit: '', value: 'alive' })),
  }
  return {
    injections: [{ targets, undo, fuse: null, evidence: [before] }],
    refusals: [],
    warnings: [
      ...warnings,
      ...bare.map((name) => `${name} has no controller: nothing brings it back`),
      ...choice.chosen.flatMap((pod) => slowToGo(pod, spec?.graceSeconds ?? null)),
    ],
  }
}

function asTarget(pod: Pod): Target {
  const { namespace = '', name, uid = '' } = pod.metadata
  return { kind: 'Pod', namespace, name, uid, node: pod.spec.nodeName ?? '' }
}

function names(targets: readonly Target[]): string {
  return targets.map((t) => t.name).join(', ')
}
