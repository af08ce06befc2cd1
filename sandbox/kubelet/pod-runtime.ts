import type { Behaviour } from '../behaviours/behaviour.ts'
import { imageName } from '../behaviours/image-name.ts'
import { recordEvent } from '../events.ts'
import { withCondition } from '../pod-state.ts'
import type { Pod, PodStatus } from '../wire.ts'
import type { World } from '../world.ts'
import { ContainerRuntime, type Pace } from './container-runtime.ts'

const pullBackOffMs = 10_000
const pullBackOffCapMs = 300_000

interface Setup {
  readonly world: World
  readonly pace: Pace
  readonly pod: Pod
  readonly address: { readonly podIP: string; readonly hostIP: string }
  readonly behaviourOf: (image: string) => Behaviour
  readonly unpullable: ReadonlySet<string>
  /** Those that must be probed at every tick. */
  readonly restless: Set<PodRuntime>
}

/** One pod on its node, from its binding to its removal. */
export class PodRuntime {
  readonly containers: ContainerRuntime[]
  readonly node: string
  readonly #setup: Setup
  #terminating = false
  #gone = false
  #evicted: string | undefined
  #cancelStart: () => void

  constructor(setup: Setup) {
    const { world, pace, pod, behaviourOf } = setup
    this.#setup = setup
    this.node = pod.spec.nodeName ?? ''
    this.containers = pod.spec.containers.map(
      (container) =>
        new ContainerRuntime({
          world,
          pace,
          podUid: pod.metadata.uid,
          container,
          behaviour: behaviourOf(container.image),
          changed: () => this.#publish(),
          restarts: (code) => this.#restarts(code),
        }),
    )
    this.#publish()
    this.#cancelStart = world.cluster.timers.after(pace.startDelayMs / 2, () => this.#start())
  }

  /** Graceful deletion: TERM, then the hard end when the grace is over. */
  terminate(graceSeconds: number): void {
    this.#setup.world.cluster.timers.after(graceSeconds * 1000, () => {
      for (const container of this.containers) container.end({ code: 137, signal: 9 })
    })
    if (this.#terminating) return
    this.#terminating = true
    this.#cancelStart()
    for (const container of this.containers) {
      if (container.running) this.#event('Killing', `Stopping container ${container.name}`)
      container.terminate()
    }
    this.#removeWhenStopped()
  }

  /** The pod object is gone: whatever still runs dies at once. */
  destroy(): void {
    this.#gone = true
    this.#setup.restless.delete(this)
    this.#cancelStart()
    for (const container of this.containers) container.kill()
    this.#setup.world.effects.remove(this.#setup.pod.metadata.uid)
  }

  evict(message: string): void {
    this.#evicted = message
    this.#event('Evicted', message, 'Warning')
    for (const container of this.containers) container.end({ code: 137, signal: 9 })
    this.#publish()
  }

  probe(): void {
    for (const container of this.containers) container.probe()
  }

  container(name: string | undefined): ContainerRuntime | undefined {
    return name === undefined ? this.containers[0] : this.containers.find((one) => one.name === name)
  }

  #start(): void {
    for (const container of this.containers) this.#startContainer(container, pullBackOffMs)
  }

  /** An image that cannot be pulled is tried again after a back-off that doubles, as the kubelet does. */
  #startContainer(container: ContainerRuntime, backOffMs: number): void {
    if (this.#terminating || this.#gone) return
    const { image } = container.setup.container
    if (this.#setup.unpullable.has(imageName(image))) {
      container.waitFor('ErrImagePull', `failed to pull and unpack image "${image}": not found`)
      this.#event('Failed', `Failed to pull image "${image}": not found`, 'Warning')
      const { timers } = this.#setup.world.cluster
      timers.after(backOffMs / 10, () => container.waitFor('ImagePullBackOff', `Back-off pulling image "${image}"`))
      timers.after(backOffMs, () => this.#startContainer(container, Math.min(pullBackOffCapMs, backOffMs * 2)))
      return
    }
    container.start()
    this.#event('Started', `Started container ${container.name}`)
  }

  #restarts(code: number): boolean {
    if (this.#terminating || this.#gone || this.#evicted !== undefined) return false
    const policy = this.#setup.pod.spec.restartPolicy
    return policy === 'Always' || (policy === 'OnFailure' && code !== 0)
  }

  #removeWhenStopped(): void {
    if (!this.#terminating || this.#gone || this.containers.some((one) => one.running)) return
    const pod = this.#setup.world.cluster.store.byUid(this.#setup.pod.metadata.uid)
    if (pod !== undefined) this.#setup.world.cluster.finish(pod)
  }

  #event(reason: string, message: string, type: 'Normal' | 'Warning' = 'Normal'): void {
    const { world, pod } = this.#setup
    recordEvent(world.cluster, pod, { type, reason, message, component: 'kubelet' })
  }

  #publish(): void {
    if (this.#gone) return
    const { restless, world } = this.#setup
    if (this.containers.some((one) => one.restless)) restless.add(this)
    else restless.delete(this)
    const { cluster } = world
    const backOff = this.containers.find((one) => one.state.waiting?.reason === 'CrashLoopBackOff')
    if (backOff !== undefined) {
      this.#event('BackOff', `Back-off restarting failed container ${backOff.name} in pod ${this.#setup.pod.metadata.name}`, 'Warning')
    }
    cluster.modify(this.#setup.pod, (draft) => {
      draft.status = this.#status(draft.status)
    })
    this.#removeWhenStopped()
  }

  #phase(): NonNullable<PodStatus['phase']> {
    if (this.#evicted !== undefined) return 'Failed'
    const codes = this.containers.map((one) => one.state.terminated?.exitCode)
    const over = this.containers.every((one) => one.state.terminated !== undefined && !this.#restarts(one.state.terminated.exitCode))
    if (over) return codes.every((code) => code === 0) ? 'Succeeded' : 'Failed'
    return this.containers.some((one) => one.containerId !== undefined) ? 'Running' : 'Pending'
  }

  #status(before: PodStatus): PodStatus {
    const { podIP, hostIP } = this.#setup.address
    const now = this.#setup.world.cluster.timestamp()
    const phase = this.#phase()
    const ready = phase === 'Running' && this.containers.every((one) => one.ready)
    const status = ready ? 'True' : 'False'
    const why = ready ? {} : { reason: phase === 'Succeeded' ? 'PodCompleted' : 'ContainersNotReady' }
    let conditions = before.conditions
    for (const type of ['PodScheduled', 'Initialized'] as const) conditions = withCondition(conditions, { type, status: 'True' }, now)
    for (const type of ['ContainersReady', 'Ready'] as const) conditions = withCondition(conditions, { type, status, ...why }, now)
    return {
      ...before,
      phase,
      conditions: conditions ?? [],
      startTime: before.startTime ?? now,
      hostIP,
      podIP,
      podIPs: [{ ip: podIP }],
      containerStatuses: this.containers.map((one) => one.status()),
      ...(this.#evicted === undefined ? {} : { reason: 'Evicted', message: this.#evicted }),
    }
  }
}
