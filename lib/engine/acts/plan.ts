import { FaultlineError } from '../../domain/errors.ts'
import { isOptedOut, judgeBlastRadius, podsOnNodes, saysAll } from '../../domain/guard.ts'
import { bindingRules, type GuardRule, judgeTargets } from '../../domain/guard-rules.ts'
import type { Inventory } from '../../domain/inventory.ts'
import type { KubeObject, Node, OwnerReference, Pod } from '../../domain/kube.ts'
import { controllerOf } from '../../domain/kube.ts'
import { finalEntryBytes, finalRunBytes, tooLarge } from '../../domain/record-size.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Step, Suite } from '../../domain/suite.ts'
import { faultName } from '../../domain/suite.ts'
import type { FaultContext, PlannedInjection, StepPlan } from '../../faults/fault.ts'
import { faults } from '../../faults/registry.ts'
import { listSurroundings } from '../../faults/surroundings.ts'
import { unlessForbidden } from './unless-forbidden.ts'

/** One step of a plan: what would be done to whom. */
export interface PlannedStep extends StepPlan {
  readonly step: number
}

/**
 * Reads what targets are chosen from. Without the right to list nodes, zones cannot be told and drains find no node. `ofNodes`: the nodes
 * are targets themselves, and are read as they are now. `rules`: those that may ask for a label of the namespace.
 */
export async function takeInventory(
  context: Pick<FaultContext, 'cluster' | 'namespace' | 'seen'>,
  { ofNodes, rules = [] }: { readonly ofNodes: boolean; readonly rules?: readonly GuardRule[] },
): Promise<Inventory> {
  const { objects } = context.cluster
  const { namespace } = context
  const node = { apiVersion: 'v1', kind: 'Node' }
  const [pods, nodes, replicaSets] = await Promise.all([
    objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }),
    (ofNodes ? objects.list<Node>(node) : listSurroundings<Node>(context, node)).catch(unlessForbidden<Node>),
    listSurroundings<KubeObject>(context, { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, { namespace }).catch(unlessForbidden<KubeObject>),
  ])
  const parents = new Map<string, OwnerReference>()
  for (const replicaSet of replicaSets) {
    const owner = controllerOf(replicaSet)
    if (owner !== undefined && replicaSet.metadata.uid !== undefined) parents.set(replicaSet.metadata.uid, owner)
  }
  const optedOut = new Set(replicaSets.flatMap(({ metadata }) => (isOptedOut(metadata.annotations) ? [metadata.uid ?? ''] : [])))
  const isLabelWanted = rules.some(({ optIn }) => optIn !== undefined)
  const found = isLabelWanted ? await objects.get<KubeObject>({ apiVersion: 'v1', kind: 'Namespace', name: namespace }) : undefined
  return { namespace, pods, nodes, parents, optedOut, namespaceLabels: found?.metadata.labels ?? {} }
}

/** Fixes the targets of one step as they would be now. Changes nothing. */
export async function planStep(
  context: FaultContext,
  options: { readonly suite: Suite; readonly index: number; readonly seed: number; readonly inventory?: Inventory },
): Promise<PlannedStep> {
  const step = options.suite.steps[options.index]
  if (step === undefined) throw new TypeError(`the suite has no step ${options.index}`)
  const rules = rulesOf(context, options.suite)
  const inventory = options.inventory ?? (await takeInventory(context, { ofNodes: faultName(step.fault) === 'node-drain', rules }))
  const plan = await faults[faultName(step.fault)].plan({ ...context, step, index: options.index, seed: options.seed, inventory })
  const refusals = [
    ...plan.refusals,
    ...plan.injections.flatMap(tooLargeEntry),
    ...guarded(inventory, { step, rules, injections: plan.injections }),
  ]
  return { ...plan, refusals, step: options.index }
}

/** The last word on every plan, whatever chose its targets: judged from lists that were read already. */
function guarded(
  inventory: Inventory,
  {
    step,
    rules,
    injections,
  }: { readonly step: Step; readonly rules: readonly GuardRule[]; readonly injections: readonly PlannedInjection[] },
): readonly Omit<Refusal, 'step'>[] {
  const targets = injections.flatMap((injection) => injection.targets)
  const uids = new Set(targets.map(({ uid }) => uid))
  const nodes = targets.filter(({ kind }) => kind === 'Node').map(({ name }) => name)
  const pods = inventory.pods.filter(({ metadata }) => uids.has(metadata.uid ?? ''))
  const hit = [...pods, ...podsOnNodes(inventory, nodes)]
  return [...(saysAll(step) ? [] : judgeBlastRadius(inventory, hit)), ...judgeTargets(rules, inventory, hit)]
}

/** The rules that bind a run of the suite in that place. */
export function rulesOf({ config, clusterName, namespace }: FaultContext, suite: Suite): readonly GuardRule[] {
  return bindingRules(config.guards, { cluster: clusterName ?? null, namespace }, suite.guards)
}

/** Undoing it must be provable to the end: the proof goes into the same entry as the targets. */
function tooLargeEntry(planned: PlannedInjection): readonly Omit<Refusal, 'step'>[] {
  const what = `the ledger entry of ${planned.targets.length} targets`
  const message = tooLarge(what, finalEntryBytes(planned), 'use fewer targets, or several steps')
  return message === null ? [] : [{ code: 'blast_radius', message }]
}

/** The same for the record of the whole run; `injections` counts those of each step, as far as they are planned. */
export function tooLargeRun(suite: Suite, injections: readonly number[]): readonly Refusal[] {
  const what = `the record of a run of ${suite.steps.length} steps`
  const message = tooLarge(what, finalRunBytes(suite, injections), 'use several suites')
  return message === null ? [] : [{ code: 'blast_radius', step: null, message }]
}

/** Plans every step on the cluster as it is now; an error of one step is a refusal of that step. */
export async function planSteps(context: FaultContext, suite: Suite, seed: number): Promise<readonly PlannedStep[]> {
  const inventory = await takeInventory(context, { ofNodes: true, rules: rulesOf(context, suite) })
  return Promise.all(
    suite.steps.map((_, index) =>
      planStep(context, { suite, index, seed, inventory }).catch((error: unknown) => {
        if (!(error instanceof FaultlineError)) throw error
        return { step: index, injections: [], warnings: [], refusals: [asRefusal(error)] }
      }),
    ),
  )
}

/** The refusals of planned steps, each with its step; what holds for several of them is told once. */
export function refusalsOf(plans: readonly PlannedStep[]): readonly Refusal[] {
  const stepsOf = new Map<string, number[]>()
  for (const { step, refusals } of plans)
    for (const refusal of refusals) stepsOf.set(keyOf(refusal), [...(stepsOf.get(keyOf(refusal)) ?? []), step])
  return plans.flatMap(({ step, refusals }) =>
    refusals.flatMap((refusal): readonly Refusal[] => {
      const steps = stepsOf.get(keyOf(refusal)) ?? []
      if (steps.length < 2) return [{ ...refusal, step }]
      const numbers = steps.map((index) => index + 1).join(', ')
      return steps[0] === step ? [{ ...refusal, message: `${refusal.message} (steps ${numbers})`, step: null }] : []
    }),
  )
}

function keyOf({ code, subject, message }: Omit<Refusal, 'step'>): string {
  return `${code} ${subject ?? message}`
}

/** An error of the surroundings as a reason not to start. */
export function asRefusal(error: FaultlineError): Pick<Refusal, 'code' | 'message'> {
  return { code: error.code === 'forbidden' ? 'permission' : 'unreachable', message: error.message }
}
