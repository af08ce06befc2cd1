import type { Behaviour } from '../behaviours/behaviour.ts'
import type { Controller } from '../controllers/runner.ts'
import type { Node } from '../kinds.ts'
import { isFinished } from '../pod-state.ts'
import type { Pod } from '../wire.ts'
import type { Located, Machines, Signal, World } from '../world.ts'
import type { ContainerRuntime, Pace } from './container-runtime.ts'
import { PodRuntime } from './pod-runtime.ts'

interface Setup {
  readonly world: World
  readonly pace: Pace
  readonly behaviourOf: (image: string) => Behaviour
  /** Names of images that cannot be pulled. */
  readonly unpullable: ReadonlySet<string>
}

const exitCodes: Record<Signal, { code: number; signal: number }> = { TERM: { code: 143, signal: 15 }, KILL: { code: 137, signal: 9 } }

/** All nodes' kubelets: runs the bound pods' containers and publishes what becomes of them. */
export class Kubelet implements Controller, Machines {
  readonly name = 'kubelet'
  readonly #setup: Setup
  readonly #pods = new Map<string, PodRuntime>()
  readonly #restless = new Set<PodRuntime>()
  readonly #addresses = new Map<string, number>()

  constructor(setup: Setup) {
    this.#setup = setup
    setup.world.onTick(({ pods }) => {
      for (const uid of pods) this.#pods.get(uid)?.probe()
      for (const runtime of [...this.#restless]) runtime.probe()
    })
  }

  keys({ plural, object }: { plural: string; object: { metadata: { uid: string } } }): readonly string[] {
    return plural === 'pods' ? [object.metadata.uid] : []
  }

  reconcile(uid: string): undefined {
    const { cluster } = this.#setup.world
    const pod = cluster.store.byUid(uid) as Pod | undefined
    const runtime = this.#pods.get(uid)
    if (pod === undefined) {
      this.#pods.delete(uid)
      runtime?.destroy()
    } else if (pod.metadata.deletionTimestamp !== undefined) {
      if (runtime === undefined) cluster.finish(pod)
      else runtime.terminate(pod.metadata.deletionGracePeriodSeconds ?? 30)
    } else if (runtime === undefined && pod.spec.nodeName !== undefined && !isFinished(pod)) this.#run(pod)
    return undefined
  }

  /** The container runtime of a pod, for logs and the proxy. */
  container(podUid: string, name: string | undefined): ContainerRuntime | undefined {
    return this.#pods.get(podUid)?.container(name)
  }

  /** The running container that declares a port, if any. */
  listener(pod: Pod, port: number): ContainerRuntime | undefined {
    return this.#pods
      .get(pod.metadata.uid)
      ?.containers.find((one) => one.process?.http !== undefined && one.setup.container.ports?.some((open) => open.containerPort === port))
  }

  locate(podUid: string, container: string): Located | undefined {
    const runtime = this.#pods.get(podUid)
    const one = runtime?.container(container)
    if (runtime === undefined || one === undefined) return undefined
    return { node: runtime.node, running: one.running, ready: one.ready, restarts: one.restartCount }
  }

  signal(podUid: string, container: string, signal: Signal): boolean {
    const one = this.#pods.get(podUid)?.container(container)
    if (!one?.running) return false
    one.end(exitCodes[signal])
    return true
  }

  outOfMemory(podUid: string, container: string): void {
    this.#pods.get(podUid)?.container(container)?.end({ code: 137, signal: 9, reason: 'OOMKilled' })
  }

  evict(podUid: string, message: string): void {
    this.#pods.get(podUid)?.evict(message)
  }

  onStart(podUid: string, container: string, run: () => void): () => void {
    const listeners = this.#pods.get(podUid)?.container(container)?.startListeners
    listeners?.add(run)
    return () => listeners?.delete(run)
  }

  #run(pod: Pod): void {
    const { world, pace, behaviourOf, unpullable } = this.#setup
    const node = world.cluster.store.get('nodes', pod.spec.nodeName ?? '')
    if (node === undefined) return
    const address = this.#address(pod, node)
    this.#pods.set(pod.metadata.uid, new PodRuntime({ world, pace, pod, behaviourOf, unpullable, restless: this.#restless, address }))
  }

  #address(pod: Pod, node: Node): { podIP: string; hostIP: string } {
    const hostIP = node.status.addresses?.find((one) => one.type === 'InternalIP')?.address ?? '172.18.0.3'
    if (pod.spec.hostNetwork) return { podIP: hostIP, hostIP }
    const next = (this.#addresses.get(node.metadata.name) ?? 1) + 1
    this.#addresses.set(node.metadata.name, next)
    const base = (node.spec.podCIDR ?? '10.244.0.0/24').split('.').slice(0, 3).join('.')
    return { podIP: `${base}.${2 + ((next - 2) % 250)}`, hostIP }
  }
}
