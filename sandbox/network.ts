import { BlockList, isIPv4 } from 'node:net'
import type { NetworkPolicy, PolicyPeer, PolicyRule } from './kinds.ts'
import { matchesSelector } from './selectors.ts'
import type { Store } from './store.ts'
import type { Pod } from './wire.ts'

/** The address that calls through the API server's proxy come from. */
export const apiServerAddress = '172.18.0.2'

/** One end of a connection: a pod, or an address outside the pod network. */
export type Peer = { readonly pod: Pod } | { readonly address: string }

type Direction = 'Ingress' | 'Egress'

function within(address: string, cidr: string): boolean {
  const [base = '', bits] = cidr.split('/')
  if (!isIPv4(address) || !isIPv4(base)) return false
  const list = new BlockList()
  list.addSubnet(base, Number(bits ?? 32), 'ipv4')
  return list.check(address)
}

/** Evaluates NetworkPolicies as a CNI that enforces them would, or as one that ignores them. */
export class Network {
  readonly #store: Store
  readonly #enforce: boolean

  constructor(store: Store, enforce: boolean) {
    this.#store = store
    this.#enforce = enforce
  }

  /** Whether policies let a new connection from a peer reach a pod's port. */
  admits(from: Peer, to: Pod, port: number): boolean {
    if (!this.#enforce) return true
    if (!this.#allowed('Ingress', to, from, { pod: to, port })) return false
    return !('pod' in from) || this.#allowed('Egress', from.pod, { pod: to }, { pod: to, port })
  }

  /** What policies see of a pod: those of one kind reach, and are reached, alike. */
  kind(pod: Pod): string {
    const { namespace, labels } = pod.metadata
    let kind = namespace ?? ''
    if (!this.#enforce) return kind
    for (const policy of this.#store.each('networkpolicies')) {
      const home = policy.metadata.namespace
      kind += home === namespace && matchesSelector(policy.spec.podSelector, labels) ? ' s' : ' '
      for (const rule of [...rulesOf(policy, 'Ingress'), ...rulesOf(policy, 'Egress')]) {
        for (const peer of [...(rule.from ?? []), ...(rule.to ?? [])]) kind += this.#isPeer(peer, { pod }, home ?? '') ? 'p' : '-'
        for (const { port } of rule.ports ?? []) if (typeof port === 'string') kind += `:${portNumber(pod, port)}`
      }
    }
    return kind
  }

  /** Whether policies let a pod open a connection to an address outside the pod network, at any port. */
  admitsOut(from: Pod, address: string): boolean {
    if (!this.#enforce) return true
    const policies = this.#selecting('Egress', from)
    const rules = policies.flatMap((policy) => rulesOf(policy, 'Egress').map(({ to = [] }) => ({ to, policy })))
    const fits = ({ to, policy }: (typeof rules)[number]) =>
      to.length === 0 || to.some((one) => this.#isPeer(one, { address }, policy.metadata.namespace ?? ''))
    return policies.length === 0 || rules.some(fits)
  }

  #selecting(direction: Direction, subject: Pod): readonly NetworkPolicy[] {
    return this.#store
      .list('networkpolicies', subject.metadata.namespace)
      .filter((policy) => policy.spec.policyTypes?.includes(direction) && matchesSelector(policy.spec.podSelector, subject.metadata.labels))
  }

  #allowed(direction: Direction, subject: Pod, peer: Peer, target: { pod: Pod; port: number }): boolean {
    const policies = this.#selecting(direction, subject)
    if (policies.length === 0) return true
    return policies.some((policy) => rulesOf(policy, direction).some((rule) => this.#fits(rule, direction, policy, { peer, target })))
  }

  #fits(
    rule: PolicyRule,
    direction: Direction,
    policy: NetworkPolicy,
    { peer, target }: { peer: Peer; target: { pod: Pod; port: number } },
  ): boolean {
    const peers = (direction === 'Ingress' ? rule.from : rule.to) ?? []
    const peerFits = peers.length === 0 || peers.some((one) => this.#isPeer(one, peer, policy.metadata.namespace ?? ''))
    return peerFits && portFits(rule, target.pod, target.port)
  }

  #isPeer(wanted: PolicyPeer, peer: Peer, namespace: string): boolean {
    if (wanted.ipBlock !== undefined) {
      const address = 'pod' in peer ? (peer.pod.status.podIP ?? '') : peer.address
      const { cidr, except = [] } = wanted.ipBlock
      return within(address, cidr) && !except.some((one) => within(address, one))
    }
    if (!('pod' in peer)) return false
    const home = peer.pod.metadata.namespace ?? ''
    const inNamespace =
      wanted.namespaceSelector === undefined
        ? home === namespace
        : matchesSelector(wanted.namespaceSelector, this.#store.get('namespaces', home)?.metadata.labels)
    return inNamespace && (wanted.podSelector === undefined || matchesSelector(wanted.podSelector, peer.pod.metadata.labels))
  }
}

function rulesOf(policy: NetworkPolicy, direction: Direction): readonly PolicyRule[] {
  return (direction === 'Ingress' ? policy.spec.ingress : policy.spec.egress) ?? []
}

function portFits(rule: PolicyRule, target: Pod, port: number): boolean {
  if (rule.ports === undefined || rule.ports.length === 0) return true
  return rule.ports.some(({ protocol = 'TCP', port: wanted, endPort }) => {
    if (protocol !== 'TCP') return false
    if (wanted === undefined) return true
    const number = portNumber(target, wanted)
    return endPort === undefined ? number === port : number !== undefined && number <= port && port <= endPort
  })
}

/** The number behind a port that may be given by name. */
export function portNumber(pod: Pod, port: number | string): number | undefined {
  if (typeof port === 'number' || /^\d+$/.test(port)) return Number(port)
  return pod.spec.containers.flatMap((container) => container.ports ?? []).find((one) => one.name === port)?.containerPort
}
