import type { Cluster } from './cluster.ts'
import { Effects } from './effects.ts'
import { Network, type Peer } from './network.ts'
import type { Change } from './store.ts'
import { type Usage, usageOf } from './usage.ts'
import type { Pod } from './wire.ts'
import { Members, type Stirred } from './workload/members.ts'
import type { Surroundings } from './workload/surroundings.ts'
import { Traffic } from './workload/traffic.ts'

/** What an injector sees of a container through its node. */
export interface Located {
  readonly node: string
  readonly running: boolean
  readonly ready: boolean
  readonly restarts: number
}

export type Signal = 'TERM' | 'KILL'

/** The nodes' side of the simulation: what a privileged process on a node can do to its neighbours. */
export interface Machines {
  locate(podUid: string, container: string): Located | undefined
  /** Ends a container's main process as a signal from the host does; false when nothing runs. */
  signal(podUid: string, container: string, signal: Signal): boolean
  outOfMemory(podUid: string, container: string): void
  /** Evicts the pod as the kubelet does on disk pressure. */
  evict(podUid: string, message: string): void
  /** Calls back at every later start of the container; returns how to stop. */
  onStart(podUid: string, container: string, run: () => void): () => void
}

const tickMs = 100
const watched = new Set(['pods', 'networkpolicies', 'namespaces', 'replicasets', 'services'])

/** The physical side of the cluster: effects, network, node-local marks, and a tick soon after anything changed. */
export class World implements Surroundings {
  readonly cluster: Cluster
  readonly effects: Effects
  readonly network: Network
  readonly members: Members
  readonly traffic: Traffic
  /** Whether pods can look names up. */
  readonly hasDns: boolean
  /** Marks that injectors leave on nodes, as in a node-local directory. */
  readonly marks = new Set<string>()
  readonly #ticks: ((stirred: Stirred) => void)[] = []
  #machines: Machines | undefined
  #ticking = false
  #turn = 0

  constructor(cluster: Cluster, options: { enforceNetworkPolicies: boolean; requestsPerSecond: number; dns?: boolean }) {
    this.cluster = cluster
    this.hasDns = options.dns ?? true
    this.effects = new Effects((podUid) => {
      this.members.touch(podUid)
      this.touch()
    })
    this.network = new Network(cluster.store, options.enforceNetworkPolicies)
    this.members = new Members(this)
    this.traffic = new Traffic(this, options.requestsPerSecond)
    this.onTick((stirred) => this.traffic.recompute(stirred))
    cluster.store.subscribe((change) => this.#note(change))
  }

  get machines(): Machines {
    if (this.#machines === undefined) throw new Error('the sandbox has no nodes yet: attach the kubelet first')
    return this.#machines
  }

  attach(machines: Machines): void {
    this.#machines = machines
  }

  usage(pod: Pod): Usage {
    return usageOf(pod, this.effects.ofPod(pod.metadata.uid))
  }

  isDisturbed(pod: Pod): boolean {
    return this.effects.ofPod(pod.metadata.uid).length > 0
  }

  /** Cut off, or standing still: connections to it are neither answered nor refused. */
  isSilent(pod: Pod): boolean {
    return this.effects.ofPod(pod.metadata.uid).some(({ kind }) => kind === 'cut' || kind === 'pause')
  }

  reaches(from: Peer, to: Pod, port: number): boolean {
    return !this.isSilent(to) && !('pod' in from && this.isSilent(from.pod)) && this.network.admits(from, to, port)
  }

  kind(pod: Pod): string {
    return `${this.isSilent(pod) ? 'silent ' : ''}${this.network.kind(pod)}`
  }

  /** Counts up, for round-robin. */
  nextTurn(): number {
    return this.#turn++
  }

  /** Runs `run` 0.1 s after anything that may change reachability, readiness or load. */
  onTick(run: (stirred: Stirred) => void): void {
    this.#ticks.push(run)
  }

  touch(): void {
    if (this.#ticking) return
    this.#ticking = true
    this.cluster.timers.after(tickMs, () => {
      this.#ticking = false
      const stirred = this.members.stir()
      for (const run of this.#ticks) run(stirred)
    })
  }

  #note({ plural }: Change): void {
    if (watched.has(plural)) this.touch()
  }
}
