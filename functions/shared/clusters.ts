import { assertNever, FaultlineError, KubernetesError } from '../../lib/domain/errors.ts'
import type { ClusterRef, ClusterSource } from '../../lib/domain/run.ts'
import type { Clock, Cluster } from '../../lib/ports.ts'
import { type ClusterEntry, clusterNamed } from './deployment.ts'
import type { Settings } from './settings.ts'

/** A cluster of the configuration, reached. */
export interface ReachedCluster {
  readonly ref: ClusterRef
  readonly cluster: Cluster
}

interface Identified {
  readonly uid: string
  readonly simulated: boolean
  readonly cluster: Cluster
}

/** A cluster may be made anew under its name, with another address; the reaper's process is warm for hours. */
const believedForMs = 600_000

/** Clusters by name and by what a run stored of them. Connections outlive an invocation; one that failed, or is old, is made anew. */
export class Clusters {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #open = new Map<string, { readonly identified: Promise<Identified>; readonly at: number }>()

  readonly #openCluster: typeof openCluster

  constructor(settings: Settings, clock: Clock, open = openCluster) {
    this.#settings = settings
    this.#clock = clock
    this.#openCluster = open
  }

  get names(): readonly string[] {
    return Object.keys(this.#settings.deployment.clusters)
  }

  /** How a cluster of the configuration is reached, without reaching it. */
  source(wanted?: string): { readonly name: string; readonly via: ClusterSource } {
    const { name, entry } = clusterNamed(this.#settings.deployment, wanted)
    return { name, via: sourceOf(entry, this.#settings.region) }
  }

  /** A cluster of the configuration before anything is asked of it: that it does not answer is for its user to find. */
  async open(wanted?: string): Promise<{ readonly name: string; readonly simulated: boolean; readonly cluster: Cluster }> {
    const { name, via } = this.source(wanted)
    return { name, simulated: via.kind === 'sandbox', cluster: await this.#openCluster(via, this.#clock) }
  }

  async reach(wanted?: string): Promise<ReachedCluster> {
    const { name, via } = this.source(wanted)
    const { uid, simulated, cluster } = await this.#identified(via)
    return { ref: { uid, name, via, simulated }, cluster }
  }

  /**
   * The cluster of a stored run.
   * @throws FaultlineError `cluster_gone` when EKS says that it is deleted, or another one bears its name now (EKS allows one at a time);
   * `refused` when another one answers elsewhere
   */
  async connect(ref: ClusterRef): Promise<Cluster> {
    const { uid, cluster } = await this.#identified(ref.via).catch((error: unknown) => {
      throw isDeletedEks(ref, error)
        ? new FaultlineError('cluster_gone', `cluster ${ref.name} is gone: ${error.message}`, { cause: error })
        : error
    })
    if (uid === ref.uid) return cluster
    if (ref.via.kind === 'eks') {
      const message = `cluster ${ref.name} is gone: EKS has another one of its name now (kube-system ${uid}, not ${ref.uid})`
      throw new FaultlineError('cluster_gone', message)
    }
    throw new FaultlineError('refused', `cluster ${ref.name} is another one now (kube-system ${uid}, not ${ref.uid}): it is not touched`)
  }

  #identified(via: ClusterSource): Promise<Identified> {
    const key = JSON.stringify(via)
    const known = this.#open.get(key)
    const now = this.#clock.now()
    if (known !== undefined && now - known.at < believedForMs) return known.identified
    const opened = { identified: this.#identify(via), at: now }
    this.#open.set(key, opened)
    opened.identified.catch(() => {
      if (this.#open.get(key) === opened) this.#open.delete(key)
    })
    return opened.identified
  }

  async #identify(via: ClusterSource): Promise<Identified> {
    const [cluster, { clusterIdentity }] = await Promise.all([
      this.#openCluster(via, this.#clock),
      import('../../lib/adapters/kubernetes/connect.ts'),
    ])
    return { ...(await clusterIdentity(cluster)), cluster }
  }
}

/** The name was that of a cluster when the run began: EKS does not find it any more. */
function isDeletedEks(ref: ClusterRef, error: unknown): error is FaultlineError {
  return ref.via.kind === 'eks' && error instanceof FaultlineError && error.code === 'not_found' && !(error instanceof KubernetesError)
}

async function openCluster(via: ClusterSource, clock: Clock): Promise<Cluster> {
  switch (via.kind) {
    case 'eks':
      return (await import('../../lib/adapters/eks/connect.ts')).connectEks(via, clock)
    case 'secret':
      return (await import('../../lib/adapters/secrets/connect.ts')).connectBySecret(via, clock)
    case 'sandbox': {
      const { openConnection } = await import('../../lib/adapters/kubernetes/connect.ts')
      return openConnection({ name: 'embedded', server: via.url.replace(/\/$/, ''), skipTLSVerify: false }, noCredentials)
    }
    case 'kubeconfig':
    case 'in-cluster':
      throw new FaultlineError('unavailable', `a run that a laptop or a pod began (${via.kind}) cannot be driven from a function`)
    default:
      return assertNever(via)
  }
}

/** An embedded cluster asks for no credentials, and plain HTTP carries no secrets. */
const noCredentials = { read: async () => ({ headers: {}, tls: {} }), renew: () => false }

function sourceOf(entry: ClusterEntry, ownRegion: string): ClusterSource {
  const { eks, secret, parameter, url, region = ownRegion, roleArn = null, context = null } = entry
  if (eks !== undefined) return { kind: 'eks', name: eks, region, roleArn }
  if (secret !== undefined) return { kind: 'secret', store: 'secrets-manager', id: secret, region, roleArn, context }
  if (parameter !== undefined) return { kind: 'secret', store: 'parameter-store', id: parameter, region, roleArn, context }
  return { kind: 'sandbox', url: url ?? '' }
}
