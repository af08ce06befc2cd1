import { hitsOf, type PlannedHits } from '../../domain/approval.ts'
import { isDisruptive, lacksHeadroom } from '../../domain/disruption-budget.ts'
import { FaultlineError } from '../../domain/errors.ts'
import { isOptedOut, judgeBlastRadius, podsOnNodes, sayAll, saysAll } from '../../domain/guard.ts'
import { bindingRules, type GuardRule, judgeTargets } from '../../domain/guard-rules.ts'
import type { Inventory } from '../../domain/inventory.ts'
import type { KubeObject, Node, OwnerReference, Pod } from '../../domain/kube.ts'
import { controllerOf } from '../../domain/kube.ts'
import { gripOf, type Held, judgePairs, pairText, podsHeldBy, whyNotTogether } from '../../domain/overlap.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Step, Suite } from '../../domain/suite.ts'
import { faultName, mostTargets } from '../../domain/suite.ts'
import { blocksOf, earlierBeside, inOrderOfBegin } from '../../domain/together.ts'
import { listBudgets } from '../../faults/disruption-budgets.ts'
import type { FaultContext, PlannedInjection, StepPlan } from '../../faults/fault.ts'
import { faults } from '../../faults/registry.ts'
import { listSurroundings } from '../../faults/surroundings.ts'
import { withHints } from './near-misses.ts'
import { climbOwners } from './owner-chains.ts'
import { unlessForbidden } from './unless-forbidden.ts'

/**
 * The first step is planned anew as soon as the beacon burns, mostly some tenths of a second after the run was admitted: from the same pods
 * then. They are fixed by UID, and every fault meets them anew as it is put in place.
 */
const admittedMs = 1_000

/** One step of a plan: what would be done to whom. */
export interface PlannedStep extends StepPlan, PlannedHits {
  readonly step: number
}

/**
 * Reads what targets are chosen from. Without the right to list nodes, zones cannot be told and drains find no node. `ofNodes`: the nodes
 * are targets themselves, and are read as they are now. `rules`: those that may ask for a label of the namespace. `owners`: controllers
 * that steps name, `kind/name`.
 */
export async function takeInventory(
  context: Pick<FaultContext, 'cluster' | 'namespace' | 'seen'>,
  {
    ofNodes,
    rules = [],
    owners = [],
  }: { readonly ofNodes: boolean; readonly rules?: readonly GuardRule[]; readonly owners?: readonly string[] },
): Promise<Inventory> {
  const { objects } = context.cluster
  const { namespace } = context
  const pod = { apiVersion: 'v1', kind: 'Pod' }
  const node = { apiVersion: 'v1', kind: 'Node' }
  const [pods, nodes, replicaSets] = await Promise.all([
    context.seen?.<Pod>(pod, { namespace }, admittedMs) ?? objects.list<Pod>(pod, { namespace }),
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
  const inventory = { namespace, pods, nodes, parents, optedOut, namespaceLabels: found?.metadata.labels ?? {} }
  return owners.length === 0 ? inventory : { ...inventory, ...(await climbOwners(context, inventory, owners)) }
}

/** A step to plan, and what overlaps with it. */
interface StepToPlan {
  readonly suite: Suite
  readonly index: number
  readonly seed: number
  readonly inventory?: Inventory
  /** Steps at work beside it, or planned to be before it begins, with the targets that they have. @default none */
  readonly beside?: readonly Held[]
}

/** Fixes the targets of one step as they would be now. Changes nothing. */
export async function planStep(context: FaultContext, { suite, index, seed, beside = [], ...given }: StepToPlan): Promise<PlannedStep> {
  const step = suite.steps[index]
  if (step === undefined) throw new TypeError(`the suite has no step ${index}`)
  const rules = rulesOf(context, suite)
  const found =
    given.inventory ?? (await takeInventory(context, { ofNodes: faultName(step.fault) === 'node-drain', rules, owners: ownersIn([step]) }))
  const inventory = withHits(found, { step, mechanism: mechanismOf(step, context.config) }, beside)
  const plan = await faults[faultName(step.fault)].plan({ ...context, step, index, seed, inventory })
  const nodes = nodesHit(plan.injections)
  const hit = podsHit(inventory, plan.injections, nodes)
  const together = [...hit, ...(hit.length === 0 ? [] : inventory.pods.filter((pod) => !hit.includes(pod) && isHitBeside(inventory, pod)))]
  const disrupted = hit.length === 0 ? [] : podsDisrupted(inventory, beside).filter((pod) => !hit.includes(pod))
  const budgets = await judgeBudgets(context, { step, rules, hit: [...hit, ...disrupted] })
  const refusals = [
    ...withHints(plan.refusals, step.targets, inventory),
    ...tooManyTargets(plan.injections),
    // The last word on every plan, whatever chose its targets: judged from lists that were read already.
    ...(saysAll(step) ? [] : judgeBlastRadius(inventory, hit)),
    ...judgePairs(heldBy(step, plan.injections), beside, inventory),
    ...judgeTargets(rules, inventory, together),
    ...budgets.refusals,
  ]
  const warnings = [...plan.warnings, ...budgets.warnings]
  return { ...plan, refusals, warnings, step: index, hits: hitsOf(inventory, hit), nodes }
}

/** Whom a step has, once it is planned: for the steps that overlap with it. */
export function heldBy(step: Step, injections: readonly Pick<PlannedInjection, 'targets' | 'undo'>[]): Held {
  const mechanism = injections.some(({ undo }) => undo.kind === 'policy') ? 'policy' : 'netfilter'
  return { step, mechanism, targets: injections.flatMap(({ targets }) => targets) }
}

/** What a partition would be carried by, before it is planned. */
function mechanismOf({ fault }: Step, { injector }: FaultContext['config']): Held['mechanism'] {
  if (fault.type !== 'network_partition' || fault.mechanism === 'netfilter') return 'netfilter'
  return fault.mechanism === 'auto' && injector.image !== null ? 'netfilter' : 'policy'
}

/** The inventory with what overlapping steps hit of it, and why this one cannot have the same. */
function withHits(inventory: Inventory, { step, mechanism }: Omit<Held, 'targets'>, beside: readonly Held[]): Inventory {
  if (beside.length === 0) return inventory
  const hitBeside = new Map<string, string | null>()
  for (const other of beside) {
    const why = whyNotTogether(gripOf(step.fault, mechanism), gripOf(other.step.fault, other.mechanism))
    const told = why === null ? null : `${pairText(step, other.step)} may not overlap on one pod: ${why}`
    for (const uid of podsHeldBy(other, inventory)) hitBeside.set(uid, hitBeside.get(uid) ?? told)
  }
  return { ...inventory, hitBeside }
}

function isHitBeside({ hitBeside }: Inventory, { metadata: { uid = '' } }: Pod): boolean {
  return hitBeside?.has(uid) === true
}

/** Pods that overlapping steps take from those that serve. */
function podsDisrupted(inventory: Inventory, beside: readonly Held[]): readonly Pod[] {
  const uids = beside.filter(({ step }) => isDisruptive(faultName(step.fault))).map((held) => podsHeldBy(held, inventory))
  return inventory.pods.filter(({ metadata: { uid = '' } }) => uids.some((held) => held.has(uid)))
}

/** Controllers that steps name. */
export function ownersIn(steps: readonly Pick<Step, 'targets'>[]): readonly string[] {
  return [...new Set(steps.flatMap(({ targets: { owner } }) => owner ?? []))]
}

/** Names of the nodes that are targets themselves. */
function nodesHit(injections: readonly PlannedInjection[]): readonly string[] {
  return injections.flatMap(({ targets }) => targets.filter(({ kind }) => kind === 'Node').map(({ name }) => name))
}

function podsHit(inventory: Inventory, injections: readonly PlannedInjection[], nodes: readonly string[]): readonly Pod[] {
  const targets = injections.flatMap((injection) => injection.targets)
  const uids = new Set(targets.map(({ uid }) => uid))
  return [...inventory.pods.filter(({ metadata }) => uids.has(metadata.uid ?? '')), ...podsOnNodes(inventory, nodes)]
}

/** Disruption budgets, which no API server holds against a DELETE or a kill. A step that says it means all goes past them, and is told so. */
async function judgeBudgets(
  context: FaultContext,
  { step, rules, hit }: { readonly step: Step; readonly rules: readonly GuardRule[]; readonly hit: readonly Pod[] },
): Promise<Pick<StepPlan, 'refusals' | 'warnings'>> {
  const kind = faultName(step.fault)
  if (!isDisruptive(kind) || hit.length === 0) return { refusals: [], warnings: [] }
  const budgets = await listBudgets(context)
  const mustHold = rules.some(({ disruptionBudgets }) => disruptionBudgets === true)
  if (budgets === null) {
    const message = 'PodDisruptionBudgets may not be listed, so their headroom is not known (deploy/rbac.yaml grants it)'
    return mustHold ? { refusals: [{ code: 'guard', message }], warnings: [] } : { refusals: [], warnings: [message] }
  }
  const found = lacksHeadroom(budgets, hit, kind)
  if (mustHold) return { refusals: found.map((message) => ({ code: 'guard', message })), warnings: [] }
  if (saysAll(step)) return { refusals: [], warnings: found }
  return {
    refusals: found.map((message) => ({ code: 'blast_radius', message: `${message}; unless the step says ${sayAll}` })),
    warnings: [],
  }
}

/** The rules that bind a run of the suite in that place. */
export function rulesOf({ config, clusterName, namespace }: FaultContext, suite: Suite): readonly GuardRule[] {
  return bindingRules(config.guards, { cluster: clusterName ?? null, namespace }, suite.guards)
}

/** What a file may not ask for, a share of a large workload may come to. */
function tooManyTargets(injections: readonly PlannedInjection[]): readonly Omit<Refusal, 'step'>[] {
  const count = new Set(injections.flatMap(({ targets }) => targets.map(({ uid }) => uid))).size
  if (count <= mostTargets) return []
  const message = `${count} targets are more than the ${mostTargets} that a step may have; use fewer, or several steps`
  return [{ code: 'blast_radius', message }]
}

/**
 * Plans every step on the cluster as it is now; an error of one step is a refusal of that step. Steps that overlap are planned in the order
 * in which they begin, each beside those before it.
 */
export async function planSteps(context: FaultContext, suite: Suite, seed: number): Promise<readonly PlannedStep[]> {
  const { steps } = suite
  const inventory = await takeInventory(context, { ofNodes: true, rules: rulesOf(context, suite), owners: ownersIn(steps) })
  const planned = await Promise.all(blocksOf(steps).map((block) => planBlock(context, { suite, seed, inventory, first: block.first })))
  return planned.flat().toSorted((a, b) => a.step - b.step)
}

async function planBlock(
  context: FaultContext,
  { suite, seed, inventory, first }: Pick<Required<StepToPlan>, 'suite' | 'seed' | 'inventory'> & { readonly first: number },
): Promise<readonly PlannedStep[]> {
  const { steps } = suite
  const planned: PlannedStep[] = []
  for (const index of inOrderOfBegin(steps, first)) {
    const earlier = earlierBeside(steps, index)
    const beside = planned.flatMap((plan): readonly Held[] => {
      const step = steps[plan.step]
      return step === undefined || !earlier.includes(plan.step) ? [] : [heldBy(step, plan.injections)]
    })
    const plan = await planStep(context, { suite, index, seed, inventory, beside }).catch((error: unknown) => {
      if (!(error instanceof FaultlineError)) throw error
      return { step: index, injections: [], warnings: [], refusals: [asRefusal(error)], hits: [], nodes: [] }
    })
    planned.push(plan)
  }
  return planned
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
