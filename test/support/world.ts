import { configForUrl } from '../../lib/adapters/kubernetes/config.ts'
import type { ConnectedCluster } from '../../lib/adapters/kubernetes/connect.ts'
import { clusterIdentity, connectCluster } from '../../lib/adapters/kubernetes/connect.ts'
import { openMemoryStore } from '../../lib/adapters/sqlite/store.ts'
import type { Config } from '../../lib/config.ts'
import { defaultConfig } from '../../lib/config.ts'
import type { ClusterRef, Run } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import type { DriveOptions } from '../../lib/engine/drive.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine, Progress } from '../../lib/engine/engine.ts'
import type { StartRequest } from '../../lib/engine/start.ts'
import { start } from '../../lib/engine/start.ts'
import type { Cluster, MetricsSink, Notifier, ProbePort, Store } from '../../lib/ports.ts'
import { createProbes } from '../../lib/probes/probes.ts'
import { simulatedImages } from '../../lib/simulated-images.ts'
import type { Sandbox, SandboxOptions } from '../../sandbox/start.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { footprintOf } from './footprint.ts'
import { settle, VirtualClock } from './virtual-clock.ts'

/** Called before (and, with the outcome known, after) every call through a port; may throw to simulate a crash or an outage. */
export type Hook = (call: { readonly port: string; readonly method: string; readonly when: 'before' | 'after'; readonly n: number }) => void

/**
 * The whole system in one process under one virtual clock: the embedded cluster behind the real client, the ledger in memory,
 * and as many engines as a test wants. The clock moves only while no call is under way.
 */
export class World {
  readonly clock: VirtualClock
  readonly sandbox: Sandbox
  readonly store: Store
  readonly ref: ClusterRef
  readonly cluster: ConnectedCluster
  /** A call that takes more turns of the event loop than this is taken to wait for the virtual clock itself. */
  stuckTurns = 60
  #inFlight = 0
  #calls = 0
  #moved = 0

  constructor(parts: {
    readonly clock: VirtualClock
    readonly sandbox: Sandbox
    readonly store: Store
    readonly ref: ClusterRef
    readonly cluster: ConnectedCluster
  }) {
    this.clock = parts.clock
    this.sandbox = parts.sandbox
    this.store = parts.store
    this.ref = parts.ref
    this.cluster = parts.cluster
  }

  /** An engine of its own name; `hook` sees every call it makes. */
  engine(
    owner = 'driver-1',
    options: {
      readonly hook?: Hook
      readonly config?: Partial<Config>
      readonly observe?: (p: Progress) => void
      readonly dead?: readonly string[]
      readonly notifiers?: readonly Notifier[]
      readonly sink?: MetricsSink
      readonly report?: NonNullable<Engine['report']>
      /** Asks the probes; without one, the real ones do. */
      readonly probes?: ProbePort
    } = {},
  ): Engine {
    const wrap = <T extends object>(port: string, target: T): T => this.tracked(port, target, options.hook)
    const { groups = async () => [] } = wrap('discovery', { groups: this.cluster.groups ?? (async () => []) })
    const cluster: Cluster = { objects: wrap('objects', this.cluster.objects), pods: wrap('pods', this.cluster.pods), groups }
    const { runs, ledger, locks, controls, samples, notices, totals, audit } = this.store
    return {
      store: {
        runs: wrap('runs', runs),
        ledger: wrap('ledger', ledger),
        locks: wrap('locks', locks),
        controls: wrap('controls', controls),
        notices: wrap('notices', notices),
        totals: wrap('totals', totals),
        samples: wrap('samples', samples),
        audit: wrap('audit', audit),
        close: async () => {},
      },
      connect: async () => cluster,
      probes:
        options.probes === undefined
          ? createProbes({ prometheus: defaultConfig.prometheus, sign: async () => ({}), clock: this.clock })
          : () => options.probes as ProbePort,
      clock: this.clock,
      config: { ...simulatedConfig, ...options.config },
      owner,
      isDead: (name) => options.dead?.includes(name) ?? false,
      notifiers: options.notifiers ?? [],
      sink: options.sink ?? null,
      report: options.report ?? null,
      observe: options.observe ?? (() => {}),
    }
  }

  request(suite: Suite, key = 'key-1'): StartRequest {
    return {
      suite,
      cluster: this.ref,
      seed: 7,
      nonce: 'a1b2c',
      trigger: { kind: 'manual', key, by: 'test' },
      scheduledAt: Date.UTC(2026, 0, 5, 9),
    }
  }

  /** Starts and drives a suite to its end, moving the clock. */
  async run(engine: Engine, suite: Suite, options: DriveOptions & { readonly key?: string } = {}): Promise<Run> {
    return this.play(
      (async () => {
        const { run } = await start(engine, this.request(suite, options.key))
        return drive(engine, run.id, options)
      })(),
    )
  }

  /** Moves the clock from timer to timer until the promise settles. */
  async play<T>(promise: Promise<T>, until: number = Number.POSITIVE_INFINITY): Promise<T> {
    let over = false
    const result = promise.finally(() => {
      over = true
    })
    result.catch(() => undefined)
    while (!over && this.clock.now() < until) {
      await this.#quiet()
      if (!over && !this.clock.step()) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return result
  }

  /** Moves the clock by that much, letting everything happen on the way. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    await this.#quiet()
    for (let next = this.clock.nextWake(); next !== undefined && next <= end; next = this.clock.nextWake()) {
      this.clock.step()
      await this.#quiet()
    }
    await this.clock.advance(end - this.clock.now())
  }

  /** What a run must leave as it was: every object's identity, labels, annotations and spec (events, leases and status are no fault's doing). */
  footprint(): readonly string[] {
    return footprintOf(this.sandbox)
  }

  async close(): Promise<void> {
    await this.cluster.close()
    await this.sandbox.close()
    await this.store.close()
  }

  /**
   * Waits until no call is under way and nothing new begins; a call that hangs on the virtual clock itself is let be. Counted in turns
   * of the event loop, not in time: on a busy machine they take longer.
   */
  async #quiet(): Promise<void> {
    let idleTurns = 0
    for (;;) {
      const before = this.#moved
      await settle(3)
      if (this.#moved !== before) {
        idleTurns = 0
        continue
      }
      if (this.#inFlight === 0 || ++idleTurns > this.stuckTurns) return
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
  }

  /** The same, with the clock standing still while a call to it is under way. */
  tracked<T extends object>(port: string, target: T, hook?: Hook): T {
    return new Proxy(target, {
      get: (object, method: string) => {
        const value: unknown = Reflect.get(object, method)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          const n = ++this.#calls
          this.#inFlight++
          this.#moved++
          try {
            hook?.({ port, method, when: 'before', n })
            const result: unknown = await value.apply(object, args)
            hook?.({ port, method, when: 'after', n })
            return result
          } finally {
            this.#inFlight--
            this.#moved++
          }
        }
      },
    })
  }
}

const simulatedConfig: Config = {
  ...defaultConfig,
  injector: { ...defaultConfig.injector, image: simulatedImages.injector },
  fuse: { ...defaultConfig.fuse, cordonImage: simulatedImages.cordonFuse },
}

/** Opens a world whose workload is Ready; its records are in memory unless `open` says where. */
export async function openWorld(
  options: Omit<SandboxOptions, 'clock'> = {},
  open: (clock: VirtualClock) => Promise<Store> = openMemoryStore,
): Promise<World> {
  const clock = new VirtualClock()
  const [sandbox, store] = await Promise.all([startSandbox({ clock, seed: 1, ...options }), open(clock)])
  const ready = sandbox.ready()
  await clock.advance(10_000)
  await ready
  const cluster = connectCluster(configForUrl(sandbox.url, 'sandbox'))
  const { uid } = await clusterIdentity(cluster)
  return new World({
    clock,
    sandbox,
    store,
    cluster,
    ref: { uid, name: 'sandbox', via: { kind: 'sandbox', url: sandbox.url }, simulated: true },
  })
}
