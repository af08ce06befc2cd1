import { allowanceOf, sayAll, type Workload, whyOptedOut, workloadKey, workloadsIn } from './guard.ts'
import { type Inventory, isOwnedBy } from './inventory.ts'
import type { Pod } from './kube.ts'
import { controllerOf, isReady } from './kube.ts'
import { compileSelector } from './label-selector.ts'
import { managedBy, managedByLabel } from './labels.ts'
import { hash53, seededRandom, shuffled } from './random.ts'
import type { Refusal } from './refusal.ts'
import type { Selection } from './suite.ts'

/** A pod that would have been hit, and why it must not be. */
export interface Unsafe {
  readonly pod: string
  readonly why: string
}

export interface Choice {
  readonly chosen: readonly Pod[]
  readonly unsafe: readonly Unsafe[]
  readonly refusals: readonly Pick<Refusal, 'code' | 'message'>[]
  /** Who is left out, and why it are fewer than the selection asks for. */
  readonly warnings: readonly string[]
}

export interface ChoiceOptions {
  readonly seed: number
  readonly step: number
  /** Undefined for a kind whose parameters do not know it. */
  readonly allowBarePods?: boolean | undefined
  /** Whether pods of DaemonSets and on the host's network count; undefined for a kind whose parameters do not know it. */
  readonly allowNodePods?: boolean | undefined
  /** The step says in so many words that it may hit more than half of a workload. */
  readonly all?: boolean
}

/** Namespaces that no suite may attack: the cluster's own. */
export const protectedNamespaces: readonly string[] = ['kube-system', 'kube-public', 'kube-node-lease']

/** Label of a node's zone (https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone). */
export const zoneLabel = 'topology.kubernetes.io/zone'

/**
 * Chooses the pods of a step: candidates by the selection, less those that must never be hit, then `percent` or `count` of them in
 * an order that the seed and the step fix, and of no workload more than its guard allows. Rounds down, never to less than one; names that
 * do not exist or are unsafe refuse the step, and so does an amount that was asked for and is more than the guard allows.
 */
export function chooseTargets(inventory: Inventory, selection: Selection, options: ChoiceOptions): Choice {
  const candidates = matching(inventory, selection)
  const unsafe = candidates.flatMap((pod) => {
    const why = whyOptedOut(pod, inventory) ?? whyUnsafe(pod, options)
    return why === null ? [] : [{ pod: pod.metadata.name, why }]
  })
  const leftOut = unsafe.map(({ pod, why }) => `${pod} is left out: ${why}`)
  const safe = candidates.filter((pod) => !unsafe.some((u) => u.pod === pod.metadata.name))
  const refusals = refuse(inventory, selection, { candidates, safe, unsafe })
  if (refusals.length > 0) return { chosen: [], unsafe, refusals, warnings: leftOut }
  const drawn = drawGuarded(inventory, safe, selection, options)
  return { ...drawn, unsafe, warnings: [...leftOut, ...drawn.warnings] }
}

/** Draws what the selection asks for; a pod whose workload has lost as many as it may is passed over for the next. */
function drawGuarded(
  inventory: Inventory,
  safe: readonly Pod[],
  selection: Selection,
  options: ChoiceOptions,
): Pick<Choice, 'chosen' | 'refusals' | 'warnings'> {
  const wanted = amountOf(safe.length, selection)
  const { hitBeside = new Map<string, string | null>() } = inventory
  const tooMany = selection.count !== null && selection.count > safe.length ? `asked for ${selection.count}, ${safe.length} match` : null
  const order = freeOnes(inOrder(safe, options), hitBeside)
  if (order.length < wanted && (selection.isUsual !== true || order.length === 0)) {
    const held = safe.flatMap(({ metadata: { uid = '' } }) => hitBeside.get(uid) ?? [])
    const message = `${askedFor(selection, safe.length)} is ${wanted}, and ${order.length} are free: ${[...new Set(held)].join('; ')}`
    return { chosen: [], refusals: [{ code: 'overlap', message }], warnings: [] }
  }
  if (options.all === true) {
    const warnings = tooMany === null ? [] : [`${tooMany}: all of them are hit`]
    return { chosen: byName(order.slice(0, wanted)), refusals: [], warnings }
  }
  const workloads = workloadsIn(inventory)
  const left = new Map([...workloads].map(([key, workload]) => [key, allowanceOf(workload) - hitOf(workload, hitBeside)]))
  const chosen: Pod[] = []
  for (const pod of order) {
    const key = workloadKey(pod, inventory)
    // A pod that is hit anyhow costs its workload no other.
    const cost = hitBeside.has(pod.metadata.uid ?? '') ? 0 : 1
    const allowed = left.get(key) ?? 0
    if (allowed < cost || chosen.length >= wanted) continue
    left.set(key, allowed - cost)
    chosen.push(pod)
  }
  if (chosen.length === wanted && tooMany === null) return { chosen: byName(chosen), refusals: [], warnings: [] }
  const sizes = [...new Set(safe.map((pod) => workloadKey(pod, inventory)))].flatMap((key) => workloads.get(key) ?? [])
  const told = sizes.map(({ name, pods }) => `${name}: ${pods.filter((pod) => isReady(pod)).length} of ${pods.length} Ready`).join(', ')
  const asked = tooMany ?? `${askedFor(selection, safe.length)} is ${wanted}`
  const beside = hitBeside.size === 0 ? '' : `, ${hitBeside.size} hit by overlapping steps`
  const bound = `of a workload at most half, and one has to stay Ready (${told}${beside})`
  if (selection.isUsual === true && chosen.length > 0)
    return { chosen: byName(chosen), refusals: [], warnings: [`${asked}; ${chosen.length} hit: ${bound}; ${sayAll} hits them all`] }
  const message = `${asked}; at most ${chosen.length} may be hit: ${bound}, unless the step says ${sayAll}`
  return { chosen: [], refusals: [{ code: 'blast_radius', message }], warnings: [] }
}

/** Those that an overlapping fault does not keep this one from. */
function freeOnes(pods: readonly Pod[], hitBeside: ReadonlyMap<string, string | null>): readonly Pod[] {
  return pods.filter(({ metadata: { uid = '' } }) => (hitBeside.get(uid) ?? null) === null)
}

function hitOf({ pods }: Workload, hit: ReadonlyMap<string, unknown>): number {
  return pods.filter(({ metadata: { uid = '' } }) => hit.has(uid)).length
}

function askedFor({ percent, count, names }: Selection, total: number): string {
  if (count !== null) return `${count} of ${total} pods`
  return names !== null && percent === 100 ? 'the number of named pods' : `${percent ?? 100} % of ${total} pods`
}

/** How many of `total` a selection takes. */
export function amountOf(total: number, selection: Pick<Selection, 'percent' | 'count' | 'names'>): number {
  if (total === 0) return 0
  if (selection.count !== null) return Math.min(total, selection.count)
  if (selection.percent !== null) return Math.max(1, Math.floor((total * selection.percent) / 100))
  return total
}

type Named = { readonly metadata: { readonly name: string } }

/** Nodes or pods alike in the order in which a step takes them: sorted by name first, so that only the seed decides. */
export function inOrder<T extends Named>(items: readonly T[], options: Pick<ChoiceOptions, 'seed' | 'step'>): readonly T[] {
  return shuffled(byName(items), seededRandom(hash53(`${options.seed}/${options.step}`)))
}

/** Sorted by name. */
export function byName<T extends Named>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Pods that the selection's conditions name, running or not; ours never count. */
export function matching(inventory: Inventory, selection: Selection): readonly Pod[] {
  const matches = compileSelector(selection.selector)
  const zones = new Map(inventory.nodes.map((node) => [node.metadata.name, node.metadata.labels?.[zoneLabel]]))
  const labelled = nodesWith(inventory, selection.nodeSelector)
  return inventory.pods.filter((pod) => {
    const { labels, name } = pod.metadata
    const node = pod.spec.nodeName ?? ''
    return (
      labels?.[managedByLabel] !== managedBy &&
      matches(labels) &&
      (selection.names === null || selection.names.includes(name)) &&
      (selection.node === null || node === selection.node) &&
      (selection.zone === null || zones.get(node) === selection.zone) &&
      (labelled === null || labelled.has(node)) &&
      (selection.owner === null || isOwnedBy(pod, selection.owner, inventory)) &&
      pod.metadata.deletionTimestamp === undefined &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed'
    )
  })
}

/** Names of the nodes that such a selector takes; null: any node, known or not. */
function nodesWith({ nodes }: Inventory, selector: string | undefined): ReadonlySet<string> | null {
  if (selector === undefined) return null
  const matches = compileSelector(selector)
  return new Set(nodes.flatMap(({ metadata: { name, labels } }) => (matches(labels) ? [name] : [])))
}

/**
 * What a kind's parameters do not know is no hint. Pods that no controller would bring back, or whose network is the node's: a drop there
 * would cut the kubelet (https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/ for mirror pods).
 */
function whyUnsafe(pod: Pod, { allowBarePods, allowNodePods }: Pick<ChoiceOptions, 'allowBarePods' | 'allowNodePods'>): string | null {
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return 'it is a mirror pod of the kubelet'
  const owner = controllerOf(pod)
  if (allowNodePods !== true) {
    const meant = allowNodePods === undefined ? '' : ' (allowNodePods permits it)'
    if (pod.spec.hostNetwork === true)
      return allowNodePods === undefined
        ? 'it is on the host network: a fault there would hit the node itself'
        : `it is on the host network${meant}`
    if (owner?.kind === 'DaemonSet') return `it belongs to a DaemonSet${meant}`
  }
  const hint = allowBarePods === undefined ? '' : ' (allowBarePods permits it)'
  if (owner === undefined && allowBarePods !== true) return `no controller owns it, so none brings it back${hint}`
  if (!isReady(pod)) return 'it is not Ready'
  return null
}

function refuse(
  inventory: Inventory,
  selection: Selection,
  found: { readonly candidates: readonly Pod[]; readonly safe: readonly Pod[]; readonly unsafe: readonly Unsafe[] },
): Choice['refusals'] {
  const where = `namespace ${inventory.namespace}`
  const missing = (selection.names ?? []).filter((name) => !found.candidates.some((pod) => pod.metadata.name === name))
  const named = selection.names === null ? [] : found.unsafe
  const refusals: Pick<Refusal, 'code' | 'message'>[] = [
    ...missing.map((name) => ({
      code: 'no_targets' as const,
      message: `pod ${name} is not among the pods that match ${describeSelection(selection)} in ${where}`,
    })),
    ...named.map((u) => ({ code: 'unsafe_target' as const, message: `pod ${u.pod} is refused: ${u.why}` })),
  ]
  if (refusals.length > 0 || found.safe.length > 0) return refusals
  if (found.unsafe.length > 0)
    return found.unsafe.map((u) => ({ code: 'unsafe_target' as const, message: `pod ${u.pod} is refused: ${u.why}` }))
  return [{ code: 'no_targets', message: `no pod matches ${describeSelection(selection)} in ${where}` }]
}

/** The selection in words, for messages and the plan. */
function describeSelection(selection: Selection): string {
  return [
    selection.selector === '' ? 'any label' : selection.selector,
    selection.owner === null ? '' : `owner ${selection.owner}`,
    selection.zone === null ? '' : `zone ${selection.zone}`,
    selection.node === null ? '' : `node ${selection.node}`,
    selection.nodeSelector === undefined ? '' : `nodes with ${selection.nodeSelector}`,
    selection.names === null ? '' : `names ${selection.names.join(', ')}`,
  ]
    .filter((part) => part !== '')
    .join(', ')
}
