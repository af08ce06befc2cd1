import type { Behaviour, Process, ProcessContext } from '../behaviours/behaviour.ts'
import type { Container, ContainerState, ContainerStatus, Pod, Terminated } from '../wire.ts'
import type { World } from '../world.ts'
import { LogBuffer } from './log-buffer.ts'

/** How fast simulated containers come and go. */
export interface Pace {
  readonly startDelayMs: number
  readonly stopDelayMs: number
  readonly backOffBaseMs: number
}

const backOffCapMs = 300_000
const calmMs = 600_000

interface Setup {
  readonly world: World
  readonly pace: Pace
  readonly podUid: string
  readonly container: Container
  readonly behaviour: Behaviour
  /** Called whenever the state changed; the pod publishes it. */
  readonly changed: () => void
  /** Whether an exit with this code is followed by a restart. */
  readonly restarts: (code: number) => boolean
}

/** One container of one pod over all its restarts. */
export class ContainerRuntime {
  readonly setup: Setup
  state: ContainerState = { waiting: { reason: 'ContainerCreating' } }
  lastState: ContainerState = {}
  ready = false
  restartCount = 0
  containerId: string | undefined
  log = new LogBuffer()
  previousLog: LogBuffer | undefined
  process: Process | undefined
  readonly startListeners = new Set<() => void>()
  readonly #cancels = new Set<() => void>()
  #cancelRestart: (() => void) | undefined
  #startedAt = 0
  #crashes = 0
  #warm = false
  #probing = false

  constructor(setup: Setup) {
    this.setup = setup
  }

  get name(): string {
    return this.setup.container.name
  }

  get running(): boolean {
    return this.process !== undefined
  }

  /** Whether its readiness may change without anyone's word. */
  get restless(): boolean {
    const { process } = this
    if (process === undefined || process.announces) return false
    return process.isReady !== undefined || (process.http !== undefined && this.setup.container.readinessProbe !== undefined)
  }

  /** Not started yet, for this reason. */
  waitFor(reason: string, message: string): void {
    this.state = { waiting: { reason, message } }
    this.setup.changed()
  }

  start(): void {
    const { world, behaviour, pace } = this.setup
    const { cluster } = world
    this.#cancelRestart = undefined
    if (this.containerId !== undefined) {
      this.restartCount += 1
      this.previousLog = this.log
      this.log = new LogBuffer()
    }
    this.containerId = `containerd://${cluster.random.hex(64)}`
    this.#startedAt = cluster.now()
    this.state = { running: { startedAt: cluster.timestamp() } }
    this.ready = false
    this.#warm = false
    this.process = {}
    const own = this.containerId
    const process = behaviour(this.#context(own))
    if (this.containerId === own && this.process !== undefined) this.process = process
    this.#later(cluster.now() + pace.startDelayMs / 2, () => {
      this.#warm = true
      this.probe()
    })
    this.setup.changed()
    for (const listener of [...this.startListeners]) listener()
  }

  /** SIGTERM from the kubelet: the behaviour decides how it stops. */
  terminate(): void {
    const { process } = this
    if (process === undefined) {
      this.#cancelRestart?.()
      return
    }
    if (process.terminate !== undefined) {
      process.terminate()
      return
    }
    this.#later(this.setup.world.cluster.now() + this.setup.pace.stopDelayMs, () => this.end({ code: 0 }))
  }

  /** The process is over, by itself (`exited`) or by force; restarts it after the back-off if the policy says so. */
  end({ code, reason, signal, exited }: { code: number; reason?: string; signal?: number; exited?: boolean }): void {
    const { process } = this
    if (process === undefined) return
    const { cluster } = this.setup.world
    const terminated: Terminated = {
      exitCode: code,
      ...(signal === undefined ? {} : { signal }),
      reason: reason ?? (code === 0 ? 'Completed' : 'Error'),
      startedAt: this.state.running?.startedAt ?? cluster.timestamp(),
      finishedAt: cluster.timestamp(),
      containerID: this.containerId ?? '',
    }
    this.#stop()
    this.setup.world.effects.remove(this.setup.podUid, ({ kind }) => kind === 'memory' || kind === 'cpu')
    this.state = { terminated }
    if (exited !== true) process.killed?.()
    if (this.setup.restarts(code)) this.#restartLater(terminated)
    this.setup.changed()
  }

  /** Dead without a word, as after a forced deletion. */
  kill(): void {
    const { process } = this
    this.#cancelRestart?.()
    this.#stop()
    process?.killed?.()
  }

  /** Stopped as by SIGSTOP: still there, but nothing it meant to do happens any more. */
  freeze(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }

  /** Looks at readiness; a change for the worse shows only after the probe's failures, as on a real node. */
  probe(): void {
    if (!this.running || !this.#warm) return
    const wanted = this.#answersReady()
    if (wanted === this.ready || this.#probing) return
    const probe = this.setup.container.readinessProbe
    const periodMs = (probe?.periodSeconds ?? 0) * 1000
    const first = this.setup.world.cluster.now() - this.#startedAt <= this.setup.pace.startDelayMs
    const delayMs = first || probe === undefined ? 0 : wanted ? periodMs : periodMs * (probe.failureThreshold ?? 3)
    if (delayMs === 0) {
      this.#setReady(wanted)
      return
    }
    this.#probing = true
    this.#later(this.setup.world.cluster.now() + delayMs, () => {
      this.#probing = false
      const now = this.#answersReady()
      if (now === wanted) this.#setReady(now)
      else this.probe()
    })
  }

  status(): ContainerStatus {
    const { container } = this.setup
    return {
      name: container.name,
      image: container.image,
      imageID: `${container.image}@sha256:simulated`,
      ...(this.containerId === undefined ? {} : { containerID: this.containerId }),
      ready: this.ready,
      started: this.running,
      restartCount: this.restartCount,
      state: this.state,
      lastState: this.lastState,
    }
  }

  #setReady(ready: boolean): void {
    this.ready = ready
    this.setup.changed()
  }

  #answersReady(): boolean {
    const path = this.setup.container.readinessProbe?.httpGet?.path
    if (this.process?.isReady?.() === false) return false
    if (path === undefined || this.process?.http === undefined) return true
    const { status } = this.process.http({ method: 'GET', path })
    return status >= 200 && status < 400
  }

  #restartLater(terminated: Terminated): void {
    const { cluster } = this.setup.world
    const { pace, podUid } = this.setup
    if (cluster.now() - this.#startedAt >= calmMs) this.#crashes = 0
    const backOffMs = this.#crashes === 0 ? 0 : Math.min(backOffCapMs, pace.backOffBaseMs * 2 ** (this.#crashes - 1))
    this.#crashes += 1
    this.lastState = { terminated }
    if (backOffMs > 0) {
      const pod = cluster.store.byUid(podUid)?.metadata.name
      const message = `back-off ${Math.round(backOffMs / 1000)}s restarting failed container=${this.name} pod=${pod}`
      this.state = { waiting: { reason: 'CrashLoopBackOff', message } }
    }
    this.#cancelRestart = cluster.timers.after(backOffMs + pace.startDelayMs / 2, () => this.start())
  }

  #later(at: number, run: () => void): () => void {
    const cancel = this.setup.world.cluster.timers.at(at, () => {
      this.#cancels.delete(cancel)
      run()
    })
    this.#cancels.add(cancel)
    return () => {
      this.#cancels.delete(cancel)
      cancel()
    }
  }

  #stop(): void {
    this.process = undefined
    this.ready = false
    this.#warm = false
    this.#probing = false
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
    this.log.close()
  }

  #context(own: string): ProcessContext {
    const { world, podUid, container } = this.setup
    const { cluster } = world
    const alive = () => this.containerId === own && this.running
    return {
      cluster,
      world,
      podUid,
      container,
      env: Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? ''])),
      pod: () => cluster.store.byUid(podUid) as Pod | undefined,
      now: () => cluster.now(),
      at: (epochMs, run) => this.#later(epochMs, run),
      log: (line) => {
        if (alive()) this.log.write(cluster.now(), line)
      },
      exit: (code) => {
        if (alive()) this.end({ code, exited: true })
      },
      changed: () => {
        if (alive()) this.probe()
      },
    }
  }
}
