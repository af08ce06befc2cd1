import type { Actor } from './actor.ts'
import { canonical } from './canonical.ts'
import { workloadsIn } from './guard.ts'
import { matchesPattern } from './guard-rules.ts'
import type { Inventory } from './inventory.ts'
import type { Pod } from './kube.ts'
import { sha256 } from './sha256.ts'
import { type FaultName, faultName, faultNames, type Step, type Suite } from './suite.ts'
import { firstNames } from './text.ts'

/** What may be named as destructive: a kind of fault, or the partition of all targets. */
export const approvalKinds = [...faultNames, 'network-partition all'] as const
export type ApprovalKind = (typeof approvalKinds)[number]

/** What waits for a person before it is done. */
export interface ApprovalRules {
  readonly kinds: readonly ApprovalKind[]
  /** A step that hits more than this share of a workload of several pods, in percent; 100: none does. */
  readonly above: number
  /** Patterns of places where every step waits. */
  readonly namespaces: readonly string[]
  readonly clusters: readonly string[]
  /** Whether embedded clusters, on which nothing real is hit, are asked for, too. */
  readonly simulated: boolean
  /** How long a run waits until it is refused. */
  readonly expiresMs: number
}

/** People come back from lunch to it; what was meant for the morning is not done in the evening. */
const hourMs = 3_600_000

export const defaultApproval: ApprovalRules = {
  kinds: ['network-partition all', 'node-drain'],
  above: 50,
  namespaces: ['prod', 'prod-*', '*-prod', 'production', 'production-*', '*-production'],
  clusters: [],
  simulated: false,
  expiresMs: hourMs,
}

/** Nothing waits: where no person could say yes, or all of them did before. */
export const noApproval: ApprovalRules = { ...defaultApproval, kinds: [], above: 100, namespaces: [], clusters: [] }

/** Pods of one owner that a step hits, of those that it has. */
export interface Hit {
  /** `Deployment web`. */
  readonly owner: string
  readonly pods: number
  readonly of: number
}

/** What a step would do, as it was planned. */
export interface PlannedHits {
  readonly hits: readonly Hit[]
  /** Nodes that are targets themselves. */
  readonly nodes: readonly string[]
}

/** One step of what is to be approved. */
export interface StepToApprove extends PlannedHits {
  /** Index in the suite. */
  readonly step: number
  readonly name: string
  readonly fault: FaultName
  readonly durationMs: number
  /** Why it takes an approval; empty: it needs none by itself. */
  readonly why: readonly string[]
  /** Of all that is done, and to whose pods. */
  readonly digest: string
}

/** What would be done to whom, and when, as a person is asked for it. Each step has its first owners and nodes only; the digest is of all. */
export interface ApprovalRequest {
  readonly plan: string
  readonly steps: readonly StepToApprove[]
}

/** A person's word for one plan, and for no other. */
export interface Approval {
  /** For people. */
  readonly by: string
  /** Absent where a name alone is known. */
  readonly actor?: Actor
  readonly why: string
  readonly at: number
  readonly plan: string
  /** Before which step it was given; null: before the run began. */
  readonly before: number | null
  /** The steps that are part of it. */
  readonly steps: readonly Pick<StepToApprove, 'step' | 'digest'>[]
}

/** Owners and nodes of a step that are kept and shown: a hundred steps of them still fit into a run's record many times. */
const mostKept = 10

/** By owner, so that a pod that is replaced meanwhile, which gets another name, is the same plan. */
export function hitsOf(inventory: Inventory, hit: readonly Pod[]): readonly Hit[] {
  const uids = new Set(hit.map(({ metadata }) => metadata.uid))
  const hits = [...workloadsIn(inventory).values()].flatMap(({ name, pods }) => {
    const struck = pods.filter(({ metadata }) => uids.has(metadata.uid)).length
    return struck === 0 ? [] : [{ owner: name, pods: struck, of: pods.length }]
  })
  return hits.sort((a, b) => (a.owner < b.owner ? -1 : 1))
}

/** Where a run takes place. */
export interface ApprovalPlace {
  readonly clusterUid: string
  readonly clusterName: string
  readonly namespace: string
  readonly simulated: boolean
}

/** Why this step is not done without a person's word; empty: it is. Pure. */
export function whyApproval(rules: ApprovalRules, place: ApprovalPlace, step: Step, { hits }: PlannedHits): readonly string[] {
  if (place.simulated && !rules.simulated) return []
  const kind = faultName(step.fault)
  const isAll = step.fault.type === 'network_partition' && step.fault.kind === 'all'
  const above = hits.filter(({ pods, of }) => of > 1 && pods * 100 > of * rules.above)
  return [
    ...(isAll && rules.kinds.includes('network-partition all') ? ['it cuts off all targets'] : []),
    ...(rules.kinds.includes(kind) ? [`its kind is ${kind}`] : []),
    ...above.map(({ owner, pods, of }) => `it hits ${pods} of the ${of} pods of ${owner}, more than ${rules.above} %`),
    ...placed('namespace', place.namespace, rules.namespaces),
    ...placed('cluster', place.clusterName, rules.clusters),
  ].slice(0, mostKept)
}

function placed(what: string, name: string, patterns: readonly string[]): readonly string[] {
  const pattern = patterns.find((one) => matchesPattern(one, name))
  return pattern === undefined ? [] : [`${what} ${name} takes approval${pattern === name ? '' : ` (${pattern})`}`]
}

interface Asked {
  readonly rules: ApprovalRules
  readonly place: ApprovalPlace
  readonly suite: Suite
  readonly plans: readonly (PlannedHits & { readonly step: number })[]
}

/** The whole plan of a run, for approval; null where none of its steps takes one. Pure. */
export function requestOfRun({ rules, place, suite, plans }: Asked): ApprovalRequest | null {
  const steps = plans.map((plan) => toApprove({ rules, place, suite }, plan))
  if (steps.every(({ why }) => why.length === 0)) return null
  const { graceBeforeMs, graceAfterMs, maxDurationMs } = suite
  const times = { graceBeforeMs, graceAfterMs, maxDurationMs }
  return { plan: sha256(canonical({ times, steps: steps.map(({ digest }) => digest) })), steps }
}

/** One step that takes an approval, and has none as it would be done now; null: it may be done. Pure. */
export function requestOfStep(
  asked: Omit<Asked, 'plans'>,
  plan: Asked['plans'][number],
  given: readonly Approval[],
): ApprovalRequest | null {
  const step = toApprove(asked, plan)
  const isGiven = given.some(({ steps }) => steps.some((one) => one.step === step.step && one.digest === step.digest))
  return step.why.length === 0 || isGiven ? null : { plan: step.digest, steps: [step] }
}

function toApprove({ rules, place, suite }: Omit<Asked, 'plans'>, { step: index, hits, nodes }: Asked['plans'][number]): StepToApprove {
  const step = suite.steps[index]
  if (step === undefined) throw new TypeError(`the suite has no step ${index}`)
  const { name, fault, durationMs, intervalMs } = step
  const { clusterUid, namespace } = place
  const digest = sha256(canonical({ clusterUid, namespace, index, fault, durationMs, intervalMs, hits, nodes: nodes.toSorted() }))
  const why = whyApproval(rules, place, step, { hits, nodes })
  const shown = { hits: hits.slice(0, mostKept), nodes: nodes.slice(0, mostKept) }
  return { step: index, name, fault: faultName(fault), durationMs, why, digest, ...shown }
}

/** As many digits of a plan's digest as people compare and type. */
export function shortPlan(plan: string): string {
  return plan.slice(0, 12)
}

/** Whether what a person typed or sent means that plan: its digest, or the beginning of it that people see. */
export function meansPlan(said: string, plan: string): boolean {
  return said.length >= 12 && plan.startsWith(said)
}

/** `Deployment web: 2 of 4 pods; node node-1`. */
export function hitsText({ hits, nodes }: PlannedHits): string {
  const pods = hits.map(({ owner, pods, of }) => `${owner}: ${pods} of ${of} pods`)
  const texts = [...pods, ...(nodes.length === 0 ? [] : [`nodes ${firstNames(nodes)}`])]
  return texts.length === 0 ? 'no pod of the namespace' : texts.join('; ')
}

/** One line for people: what the step does to whom, for how long, and why it takes an approval. */
export function toApproveText(step: StepToApprove): string {
  const why = step.why.length === 0 ? '' : ` (approval: ${step.why.join('; ')})`
  return `${step.name}: ${step.fault} for ${step.durationMs / 1000} s on ${hitsText(step)}${why}`
}
