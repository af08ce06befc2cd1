import { podsOnNodes } from './guard.ts'
import type { Target } from './injection.ts'
import type { Inventory } from './inventory.ts'
import type { Refusal } from './refusal.ts'
import { type FaultSpec, faultName, type Step } from './suite.ts'

/**
 * What a fault does to a pod, as far as other faults on the same pod notice. `takes`: the pod goes; `restarts`: its container does;
 * `network-by-policy`: it is cut off, and a connection from outside tells whether; `network`: its network namespace is changed, and counted
 * there; `cpu`, `memory`, `disk`: an amount of it is held, and each injector knows its own.
 */
export type Grip = 'takes' | 'restarts' | 'network-by-policy' | 'network' | 'cpu' | 'memory' | 'disk'

/** Of a partition it must be known what carries it; of all others it does not matter. */
export type Mechanism = 'policy' | 'netfilter'

/** By what a fault holds its targets. */
export function gripOf(spec: FaultSpec, mechanism: Mechanism): Grip {
  switch (spec.type) {
    case 'network_partition':
      return mechanism === 'policy' ? 'network-by-policy' : 'network'
    case 'network_degradation':
    case 'dns_failure':
    case 'http_fault':
      return 'network'
    case 'resource_exhaustion':
      return spec.kind
    case 'node_failure':
      return spec.kind === 'pod-delete' || spec.kind === 'node-drain' ? 'takes' : 'restarts'
  }
}

/**
 * Why two faults could not be told apart on one pod, or would undo each other; null where each can be measured and undone by itself: an
 * amount of CPU, memory and disk beside one another, and beside rules that are counted in the pod's network namespace. Which of them comes
 * first does not matter. Pure.
 */
export function whyNotTogether(one: Grip, other: Grip): string | null {
  const has = (grip: Grip) => one === grip || other === grip
  if (has('takes')) return 'one of them takes the pod that the other holds'
  if (has('restarts')) return 'one of them stops or restarts the container that the other measures'
  const isNetwork = (grip: Grip) => grip === 'network' || grip === 'network-by-policy'
  if (isNetwork(one) && isNetwork(other)) return 'what one does to the network changes what the other measures there'
  if (has('network-by-policy')) return 'a starved container and a cut-off one do not answer alike (mechanism netfilter tells them apart)'
  return one === other ? `their shares of its ${one} compete, and neither could be told from the other` : null
}

/** A step and whom it hits, once its targets are fixed. */
export interface Held {
  readonly step: Pick<Step, 'name' | 'fault'>
  readonly mechanism: Mechanism
  readonly targets: readonly Target[]
}

/** UIDs of the pods that a step holds, and of those that its drain would evict. */
export function podsHeldBy({ targets }: Pick<Held, 'targets'>, inventory: Inventory): ReadonlySet<string> {
  const nodes = targets.filter(({ kind }) => kind === 'Node').map(({ name }) => name)
  const evicted = podsOnNodes(inventory, nodes).map(({ metadata }) => metadata.uid ?? '')
  return new Set([...targets.filter(({ kind }) => kind === 'Pod').map(({ uid }) => uid), ...evicted])
}

/**
 * Every pair of a step with those at work beside it that cannot be told apart on a target that both have: pods that both hold, pods of a
 * node that one of them drains, a node that both drain. Pure.
 */
export function judgePairs(mine: Held, beside: readonly Held[], inventory: Inventory): readonly Pick<Refusal, 'code' | 'message'>[] {
  const own = podsHeldBy(mine, inventory)
  return beside.flatMap((other) => {
    const why = whyNotTogether(gripOf(mine.step.fault, mine.mechanism), gripOf(other.step.fault, other.mechanism))
    if (why === null) return []
    const theirs = podsHeldBy(other, inventory)
    const pods = inventory.pods.filter(({ metadata: { uid = '' } }) => own.has(uid) && theirs.has(uid)).map(({ metadata }) => metadata.name)
    const nodes = mine.targets.filter((t) => t.kind === 'Node' && other.targets.some(({ uid }) => uid === t.uid)).map(({ name }) => name)
    const message = (on: string, because: string) =>
      `${pairText(mine.step, other.step)} overlap on ${on}: ${because}; give them other targets, or let one begin \`after\` the other`
    if (nodes.length > 0)
      return [{ code: 'overlap' as const, message: message(`node ${nodes.join(', ')}`, 'two cordons of one node would lift each other') }]
    return pods.length === 0 ? [] : [{ code: 'overlap' as const, message: message(`pod ${pods.join(', ')}`, why) }]
  })
}

/** Both steps by name and kind. */
export function pairText(one: Held['step'], other: Held['step']): string {
  return [one, other].map(({ name, fault }) => `${name} (${faultName(fault)})`).join(' and ')
}
