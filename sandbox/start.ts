import { systemClock } from '../lib/adapters/system-clock.ts'
import type { Clock } from '../lib/ports.ts'
import { type Denial, type RuleScope, Rules } from './admission/rules.ts'
import { Endpoints } from './api/endpoints.ts'
import type { Backend } from './api/exchange.ts'
import { answerLocally, type LocalAnswer, type LocalRequest } from './api/in-process.ts'
import { patchedBy } from './api/patch.ts'
import { type Disturb, serveApi } from './api/server.ts'
import type { Behaviour } from './behaviours/behaviour.ts'
import { behaviourOf } from './behaviours/registry.ts'
import { Cluster, type CreateOptions } from './cluster.ts'
import { addControllers } from './controllers/all.ts'
import { Runner } from './controllers/runner.ts'
import { type DeleteOptions, deleteObject } from './deletion.ts'
import type { Effect } from './effects.ts'
import type { Deployment } from './kinds.ts'
import { kubeconfigFor } from './kubeconfig.ts'
import { Kubelet } from './kubelet/kubelet.ts'
import { plainCopy } from './plain.ts'
import { isReady } from './pod-state.ts'
import { createRandom } from './random.ts'
import { serveService } from './service-listener.ts'
import { type Found, Store } from './store.ts'
import { Timers } from './timers.ts'
import type { Dict, KubeObject, Manifest } from './wire.ts'
import { createNamespaces, createWorkload, nodeManifest, workloadName, workloadNamespace } from './workload/manifests.ts'
import { World } from './world.ts'

/** How the cluster is made; every field has a default. */
export interface SandboxOptions {
  readonly clock?: Clock
  /** Of the Kubernetes API; 0, the default, takes a free one. */
  readonly port?: number
  /** Of the workload's Service on localhost; 0 takes a free one; left out, it is not served. */
  readonly servicePort?: number
  readonly nodes?: number
  readonly zones?: number
  readonly replicas?: number
  /** A disruption budget (maxUnavailable 1) for the workload. */
  readonly disruptionBudget?: boolean
  /** false simulates a CNI that ignores policies. */
  readonly enforceNetworkPolicies?: boolean
  /** true simulates a CNI that drops what policies forbid (a dial hangs), instead of refusing it. */
  readonly policiesDrop?: boolean
  /** false simulates a cluster whose pods cannot look names up. */
  readonly dns?: boolean
  /** false leaves the workload and its namespace out. */
  readonly workload?: boolean
  /** Repeats UIDs, names and container IDs. */
  readonly seed?: number
  /** From creation to Ready. */
  readonly startDelayMs?: number
  /** From SIGTERM to the end of a process that has no manner of its own. */
  readonly stopDelayMs?: number
  /** The first crash-loop back-off; it doubles up to 300 s. A real node has 10 s. */
  readonly backOffBaseMs?: number
  /** How long a dial into a network that drops packets hangs. */
  readonly dialTimeoutMs?: number
  /** The simulated request stream against the workload. */
  readonly requestsPerSecond?: number
  /** How many changes a watch may resume over before it gets 410. */
  readonly historySize?: number
  /** Image name (without tag) to what it does. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>
}

/** A running simulated cluster. Functions that change how it behaves return how to take that back. */
export interface Sandbox {
  readonly url: string
  readonly serviceUrl: string | undefined
  kubeconfig(): string
  /** Resolves when every pod of the workload is Ready; under a virtual clock the test advances meanwhile. */
  ready(): Promise<void>
  /** Deep copies of everything stored. */
  objects(): readonly KubeObject[]
  /** The stored objects of one resource themselves, which are frozen. */
  peek<P extends string>(plural: P): readonly Found<P>[]
  /** What injectors have in place now. */
  effects(): readonly Effect[]
  get<P extends string>(plural: P, name: string, namespace?: string): Found<P> | undefined
  create<P extends string>(plural: P, manifest: Manifest, options?: CreateOptions): Found<P>
  /** JSON merge patch, status included, as the client `manager` would make it (default: `kubectl`). */
  patch<P extends string>(plural: P, where: ObjectName, patch: Dict, manager?: string): Found<P>
  delete(plural: string, where: ObjectName, options?: DeleteOptions): void
  /** Refuses writes like an admission webhook (create, unless `verb` says otherwise). */
  deny(denial: Denial): () => void
  /** Takes a permission away: 403, and `allowed: false` in access reviews. */
  forbid(scope: RuleScope): () => void
  /** Changes objects on creation, like a mutating webhook. */
  mutateOnCreate(plural: string, mutate: (draft: Dict) => void): () => void
  /** Makes an image (its name without tag) one that no node can pull, for containers that start from now on. */
  breakImage(image: string): () => void
  /** Asks the API without a socket. */
  ask(request: LocalRequest): Promise<LocalAnswer>
  /** Disturbs HTTP requests to the API; the latest function asked for wins. */
  disturb(disturb: Disturb): () => void
  /** Ends a container's main process, as a crash would. */
  crash(where: ObjectName & { readonly container?: string }, exitCode?: number): void
  /** Stops a container's main process as SIGSTOP does: it is there, and does nothing. */
  freeze(where: ObjectName & { readonly container?: string }): void
  close(): Promise<void>
}

export interface ObjectName {
  readonly name: string
  readonly namespace?: string
}

/** Starts a simulated cluster on 127.0.0.1 and returns at once; its pods come up as the clock goes on. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { cluster, backend, runner } = furnished(options)
  const disturbs: Disturb[] = []
  const api = await serveApi(backend, options.port ?? 0, (request) => disturbs.at(-1)?.(request))
  const { servicePort } = options
  const service =
    servicePort === undefined
      ? undefined
      : await serveService(backend, { name: workloadName, namespace: workloadNamespace, port: servicePort })
  const close = async () => {
    runner.close()
    cluster.timers.close()
    await Promise.all([api.close(), service?.close()])
  }
  return {
    url: api.url,
    serviceUrl: service?.url,
    kubeconfig: () => kubeconfigFor(api.url),
    ...handles(backend),
    disturb: (disturb) => stacked(disturbs, disturb),
    close,
  }
}

/** What a cluster without a socket has: it is asked by `ask` alone. */
export type LocalSandbox = Handles & Pick<Sandbox, 'close'>

/** The same cluster inside this process only, for simulations. */
export function startLocalSandbox(options: SandboxOptions = {}): LocalSandbox {
  const { cluster, backend, runner } = furnished(options)
  const close = async () => {
    runner.close()
    cluster.timers.close()
  }
  return { ...handles(backend), close }
}

function furnished(options: SandboxOptions): ReturnType<typeof assemble> {
  const { nodes = 3, zones = 2, workload = true, replicas = 3, disruptionBudget = false } = options
  const parts = assemble(options)
  const { cluster } = parts
  createNamespaces(cluster, workload)
  for (let index = 0; index < nodes; index++) cluster.create('nodes', nodeManifest(index, zones, cluster.timestamp()))
  if (workload) createWorkload(cluster, { replicas, budget: disruptionBudget })
  return parts
}

function assemble(options: SandboxOptions): { cluster: Cluster; backend: Backend; runner: Runner } {
  const timers = new Timers(options.clock ?? systemClock)
  const store = new Store(options.historySize ?? 5000)
  const cluster = new Cluster({ store, timers, random: createRandom(options.seed), rules: new Rules() })
  const { enforceNetworkPolicies = true, dns = true, policiesDrop = false, requestsPerSecond = 50, dialTimeoutMs = 5000 } = options
  const world = new World(cluster, { enforceNetworkPolicies, requestsPerSecond, dns })
  const { startDelayMs = 1000, stopDelayMs = 1000, backOffBaseMs = 2000 } = options
  const pace = { startDelayMs, stopDelayMs, backOffBaseMs }
  const unpullable = new Set<string>()
  const kubelet = new Kubelet({ world, pace, unpullable, behaviourOf: (image) => behaviourOf(image, options.behaviours ?? {}) })
  world.attach(kubelet)
  const runner = new Runner(cluster)
  addControllers(runner, cluster)
  runner.add(kubelet)
  return {
    cluster,
    runner,
    backend: { cluster, world, kubelet, dialTimeoutMs, policiesDrop, unpullable, endpoints: new Endpoints(store), applied: new Map() },
  }
}

function stacked<T>(list: T[], item: T): () => void {
  list.push(item)
  return () => {
    const at = list.lastIndexOf(item)
    if (at >= 0) list.splice(at, 1)
  }
}

type Handles = Omit<Sandbox, 'url' | 'serviceUrl' | 'kubeconfig' | 'disturb' | 'close'>

function handles(backend: Backend): Handles {
  const { cluster, world, kubelet, unpullable } = backend
  const { store, rules } = cluster
  return {
    ask: (request) => answerLocally(backend, request),
    ready: () => workloadReady(cluster),
    objects: () => plainCopy(store.all()),
    peek: (plural) => store.list(plural),
    effects: () => world.effects.all(),
    get: (plural, name, namespace) => plainCopy(store.get(plural, name, namespace)),
    create: (plural, manifest, options) => plainCopy(cluster.create(plural, manifest, options)),
    patch: <P extends string>(plural: P, { name, namespace }: ObjectName, patch: Dict, manager = 'kubectl') => {
      const current = cluster.get(plural, name, namespace) as KubeObject
      const wanted = patchedBy('application/merge-patch+json', current, patch)
      const written = cluster.replace(plural, wanted, { manager })
      const final = 'status' in patch ? cluster.replace(plural, { ...written, status: wanted.status }, { subresource: 'status' }) : written
      return plainCopy(final) as Found<P>
    },
    delete: (plural, { name, namespace }, options) => {
      deleteObject(cluster, cluster.get(plural, name, namespace) as KubeObject, options)
    },
    deny: (denial) => rules.addDenial(denial),
    forbid: (scope) => rules.addForbidden(scope),
    mutateOnCreate: (plural, mutate) => rules.addMutator(plural, mutate),
    breakImage: (image) => {
      unpullable.add(image)
      return () => unpullable.delete(image)
    },
    crash: ({ name, namespace, container }, exitCode = 1) => {
      const pod = cluster.get('pods', name, namespace)
      kubelet.container(pod.metadata.uid, container)?.end({ code: exitCode })
    },
    freeze: ({ name, namespace, container }) => {
      const pod = cluster.get('pods', name, namespace)
      kubelet.container(pod.metadata.uid, container)?.freeze()
    },
  }
}

function workloadReady({ store }: Cluster): Promise<void> {
  const holds = () => {
    const deployment = store.get('deployments', workloadName, workloadNamespace) as Deployment | undefined
    if (deployment === undefined) return true
    // The cheap question first: this is asked with each change.
    if (deployment.status?.readyReplicas !== deployment.spec.replicas) return false
    const pods = store.list('pods', workloadNamespace).filter((pod) => pod.metadata.labels?.app === workloadName)
    const ready = pods.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined)
    return ready.length >= (deployment.spec.replicas ?? 0)
  }
  return new Promise((resolve) => {
    if (holds()) return resolve()
    const stop = store.subscribe(() => {
      if (!holds()) return
      stop()
      resolve()
    })
  })
}
