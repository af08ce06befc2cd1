import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Namespace } from '../../domain/kube.ts'
import type { Clock, Cluster } from '../../ports.ts'
import { systemClock } from '../system-clock.ts'
import type { AccessSource } from './access.ts'
import { createAwaitList } from './await-list.ts'
import { Credentials } from './credentials.ts'
import { proxyOf } from './dispatcher.ts'
import { Exchange } from './exchange.ts'
import { apiGroups } from './groups.ts'
import type { KubeCluster, KubeConnection } from './kubeconfig.ts'
import { kubeObjects } from './objects.ts'
import { kubePods } from './pods.ts'
import { type Bounds, Transport } from './transport.ts'
import { whoAmI } from './who-am-i.ts'

export interface ConnectOptions extends Partial<Bounds> {
  /** Measures timeouts and pauses. A virtual clock that jumps ahead lets calls in flight time out, so simulations leave this one real. */
  readonly clock?: Clock
  /** In [0, 1), for jitter. */
  readonly random?: () => number
}

/** A cluster whose connections want to be closed. */
export interface ConnectedCluster extends Cluster {
  /** Calls under way fail as `unavailable`. */
  close(): Promise<void>
}

/** The bounds of calls unless the caller says otherwise. */
export const defaultBounds: Bounds = { timeoutMs: 10_000, budgetMs: 20_000, maxAttempts: 5, maxInFlight: 50, dialTimeoutMs: 3_000 }

/** Connects as a kubeconfig says; nothing is sent before the first call. Throws bad_input for a config that cannot work. */
export function connectCluster(config: KubeConnection, options: ConnectOptions = {}): ConnectedCluster {
  return openConnection(config.cluster, new Credentials(config, options.clock ?? systemClock), options)
}

/** Connects to an API server of which address and way in are known. As `connectCluster` otherwise. */
export function openConnection(cluster: KubeCluster, credentials: AccessSource, options: ConnectOptions = {}): ConnectedCluster {
  if (!URL.canParse(cluster.server) || !/^https?:$/.test(new URL(cluster.server).protocol)) {
    throw new FaultlineError('bad_input', `cluster ${cluster.name}: server "${cluster.server}" is not an http(s) address`)
  }
  if (cluster.proxyUrl) proxyOf(cluster)
  const { clock = systemClock, random = Math.random, ...given } = options
  const bounds = { ...defaultBounds, ...given }
  // Calls and dials have maxInFlight slots each.
  const pool = { connections: 2 * bounds.maxInFlight, connectTimeoutMs: bounds.timeoutMs }
  const exchange = new Exchange({ cluster, credentials, clock, pool })
  const transport = new Transport({ exchange, clock, random, bounds })
  const { maxInFlight: inFlight } = bounds
  return {
    objects: kubeObjects(transport),
    pods: kubePods(transport),
    inFlight,
    awaitList: createAwaitList(transport, clock),
    groups: () => apiGroups(transport),
    whoAmI: () => whoAmI(transport),
    close: () => transport.close(),
  }
}

/** The cluster's identity, the same from wherever it is asked: its kube-system namespace's UID; `simulated` marks Faultline's sandbox. */
export async function clusterIdentity(cluster: Cluster): Promise<{ readonly uid: string; readonly simulated: boolean }> {
  const found = await cluster.objects.get<Namespace>({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' })
  const uid = found?.metadata.uid
  if (uid === undefined)
    throw new KubernetesError('not_found', 404, 'get Namespace kube-system: there is none, so the cluster has no identity')
  return { uid, simulated: found?.metadata.annotations?.['faultline.dev/simulated'] === 'true' }
}
