import { delimiter, resolve } from 'node:path'
import type { FoundCluster, LoadOptions } from '../lib/adapters/kubernetes/config.ts'
import type { ConnectedCluster } from '../lib/adapters/kubernetes/connect.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { ClusterRef, ClusterSource } from '../lib/domain/run.ts'
import type { Clock, Cluster } from '../lib/ports.ts'
import { releaseEmbeddedCluster, useEmbeddedCluster } from './embedded/embedded-cluster.ts'
import { probeSandbox } from './embedded/probe-sandbox.ts'
import { addUser, liveSandbox } from './embedded/sandbox-file.ts'
import { ownerName } from './owner.ts'
import type { ClusterFlags } from './settings.ts'

/** The cluster a command works on. */
export interface ChosenCluster {
  readonly ref: ClusterRef
  readonly cluster: Cluster
}

export interface ClustersOptions {
  readonly flags: ClusterFlags
  readonly stateDir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly maxInFlight?: number | undefined
  /** Whether a person looks on, who sees that a simulated cluster is used where nothing names a real one. */
  readonly isLive: boolean
  /** Tells the user which way was taken. */
  readonly say: (line: string) => void
}

const noClusterNamed =
  'no kubeconfig found: --kubeconfig or KUBECONFIG names one; only at a terminal outside CI is the embedded cluster (simulated) used unasked, elsewhere --sandbox says so'

/** A person waits for what a dead API server does not say: two tries tell as much as five. */
const impatient = { maxAttempts: 2, timeoutMs: 5_000, budgetMs: 12_000 } as const

const embeddedName = 'faultline-sandbox'

/** Every cluster that this process is connected to. */
export class Clusters {
  readonly #options: ClustersOptions
  readonly #open: ConnectedCluster[] = []
  readonly #byUid = new Map<string, Cluster>()
  #usesEmbedded = false
  /** The cluster of `--kubeconfig` and `--context`, looked up once. */
  #adopted: Promise<ChosenCluster | null> | undefined

  constructor(options: ClustersOptions) {
    this.#options = options
  }

  /**
   * The cluster that flags and environment name; the embedded one, started if need be, with `--sandbox`, and at a terminal when nothing
   * names any. In CI a kubeconfig that got lost must not turn a game day into a simulated one that passes.
   * @throws FaultlineError `bad_input` when nothing names a cluster and no person looks on
   */
  async choose(): Promise<ChosenCluster> {
    const found = await this.#find()
    if (found !== 'none') return this.#adopt(found)
    const { flags, isLive, stateDir, clock, say } = this.#options
    if (flags.sandbox !== true && !isLive) throw new FaultlineError('bad_input', noClusterNamed)
    if (flags.sandbox !== true) say('no kubeconfig found: using the embedded cluster (simulated)')
    this.#usesEmbedded = true
    const { url } = await useEmbeddedCluster(stateDir, { clock, say })
    return this.#adopt(await embedded(url))
  }

  /**
   * The cluster of a stored run, unless flags name another one.
   * @throws FaultlineError `cluster_gone` when it was an embedded one that ended
   */
  async chooseAgain(ref: ClusterRef): Promise<ChosenCluster> {
    const { kubeconfig, context, sandbox } = this.#options.flags
    if (sandbox === true || kubeconfig !== undefined || context !== undefined) return this.choose()
    try {
      return { ref, cluster: await this.connect(ref) }
    } catch (error) {
      if (!(error instanceof FaultlineError && error.code === 'cluster_gone')) throw error
      throw new FaultlineError('cluster_gone', `${error.message}; --sandbox starts another one`, { cause: error })
    }
  }

  /** As `choose`, but a real cluster is not asked who it is: it may be dead. Simulated as far as can be told. */
  async open(): Promise<{ readonly name: string; readonly simulated: boolean; readonly cluster: Cluster }> {
    const found = await this.#find()
    if (found === 'none') {
      const { ref, cluster } = await this.choose()
      return { name: ref.name, simulated: ref.simulated, cluster }
    }
    const { connectCluster, clusterIdentity } = await import('../lib/adapters/kubernetes/connect.ts')
    const cluster = connectCluster(found.config, impatient)
    this.#open.push(cluster)
    const { simulated } = await clusterIdentity(cluster).catch((error: unknown) => {
      if (!(error instanceof FaultlineError)) throw error
      return { simulated: false }
    })
    return { name: found.name, simulated, cluster }
  }

  /** As `choose`, but starts nothing: null when there is no cluster to look at. */
  async current(): Promise<ChosenCluster | null> {
    const found = await this.#find()
    if (found !== 'none') return this.#adopt(found)
    const record = await liveSandbox(this.#options.stateDir)
    if (record === undefined) return null
    await this.#noteEmbedded()
    return this.#adopt(await embedded(record.url))
  }

  /**
   * Reconnects to the cluster of a stored run and makes sure that it is the same one.
   * @throws FaultlineError `cluster_gone` when it was an embedded one that certainly ended, `refused` when another cluster is found there
   */
  async connect(ref: ClusterRef): Promise<Cluster> {
    const known = this.#byUid.get(ref.uid) ?? (await this.#named(ref.uid))
    if (known !== undefined) {
      // An embedded cluster may have ended since, and what is injected there with it.
      if (ref.via.kind === 'sandbox') await probeSandbox(ref.via.url, ref.uid)
      return known
    }
    const { uid, cluster } = await this.#identify(await this.#reach(ref))
    if (uid !== ref.uid) {
      throw new FaultlineError(
        'refused',
        `${describeSource(ref.via)} is another cluster now (kube-system ${uid}, not ${ref.uid}): it is not touched`,
      )
    }
    this.#byUid.set(uid, cluster)
    return cluster
  }

  /** `keepEmbedded`: something on it is still owed, so it must live on for the reaper. */
  async close(options: { readonly keepEmbedded: boolean }): Promise<void> {
    await Promise.all(this.#open.map((cluster) => cluster.close()))
    const { stateDir, clock } = this.#options
    if (this.#usesEmbedded) await releaseEmbeddedCluster(stateDir, { clock, keep: options.keepEmbedded })
  }

  /** Credentials that are given now come before those a run was started with, which may have expired; they must lead to the same cluster. */
  async #named(uid: string): Promise<Cluster | undefined> {
    const { kubeconfig, context } = this.#options.flags
    if (kubeconfig === undefined && context === undefined) return undefined
    this.#adopted ??= this.#find().then((found) => (found === 'none' ? null : this.#adopt(found)))
    await this.#adopted
    return this.#byUid.get(uid)
  }

  async #find(): Promise<FoundCluster | 'none'> {
    const { flags, env } = this.#options
    if (flags.sandbox === true) return 'none'
    const { loadKubeConfig } = await import('../lib/adapters/kubernetes/config.ts')
    return loadKubeConfig({ kubeconfig: flags.kubeconfig, context: flags.context, env, ...(env.HOME ? { home: env.HOME } : {}) })
  }

  async #adopt(found: FoundCluster): Promise<ChosenCluster> {
    const { uid, simulated, cluster } = await this.#identify(found)
    this.#byUid.set(uid, cluster)
    const via = simulated ? viaOfSimulated(found) : absolute(found.source)
    return { ref: { uid, name: found.name, via, simulated }, cluster }
  }

  async #identify(found: FoundCluster): Promise<{ uid: string; simulated: boolean; cluster: Cluster }> {
    const { connectCluster, clusterIdentity } = await import('../lib/adapters/kubernetes/connect.ts')
    const { maxInFlight } = this.#options
    const cluster = connectCluster(found.config, maxInFlight === undefined ? {} : { maxInFlight })
    this.#open.push(cluster)
    const region = eksRegionOf(found.config.cluster.server)
    if (region === null) return { ...(await clusterIdentity(cluster)), cluster }
    const experiments = async () => (await import('../lib/adapters/fis/experiments.ts')).activeExperiments({ region })
    return { ...(await clusterIdentity(cluster)), cluster: { ...cluster, experiments } }
  }

  async #reach({ via, uid, name }: ClusterRef): Promise<FoundCluster> {
    if (via.kind === 'sandbox') {
      await probeSandbox(via.url, uid)
      await this.#noteEmbedded()
      return embedded(via.url)
    }
    if (via.kind === 'eks' || via.kind === 'secret') {
      throw new FaultlineError(
        'unavailable',
        `${describeSource(via)} is entered by the functions on AWS only: use their "control" and "reap"`,
      )
    }
    const { loadKubeConfig } = await import('../lib/adapters/kubernetes/config.ts')
    const found = loadKubeConfig(
      via.kind === 'kubeconfig' ? { kubeconfig: via.path, context: via.context, env: this.#options.env } : inCluster(this.#options.env),
    )
    if (found === 'none') throw new FaultlineError('unavailable', `cluster ${name} was reached from inside a pod; this is not one`)
    return found
  }

  /** No other command may stop its process meanwhile. */
  async #noteEmbedded(): Promise<void> {
    this.#usesEmbedded = true
    await addUser(this.#options.stateDir, ownerName())
  }
}

async function embedded(url: string): Promise<FoundCluster> {
  const { configForUrl } = await import('../lib/adapters/kubernetes/config.ts')
  return { source: { kind: 'sandbox', url }, name: embeddedName, config: configForUrl(url, embeddedName) }
}

/** A kubeconfig that points to an embedded cluster: its address tells, better than the file, whether it still lives. */
function viaOfSimulated(found: FoundCluster): ClusterSource {
  const server = found.config.cluster.server
  return /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(server) ? { kind: 'sandbox', url: server } : absolute(found.source)
}

/** The run may be reaped from another working directory. */
function absolute(source: ClusterSource): ClusterSource {
  if (source.kind !== 'kubeconfig') return source
  return {
    ...source,
    path: source.path
      .split(delimiter)
      .map((path) => resolve(path))
      .join(delimiter),
  }
}

/** Only the service account, whatever kubeconfigs lie about. */
function inCluster(env: Readonly<Record<string, string | undefined>>): LoadOptions {
  const { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = env
  return { env: { KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT }, home: '/nonexistent' }
}

/** The region in the address of an EKS cluster's API server; null of every other cluster: nothing is asked of AWS about it. */
function eksRegionOf(server: string): string | null {
  return /^https:\/\/[^/]*\.([a-z0-9-]+)\.eks\.amazonaws\.com(?:\.cn)?(?::\d+)?\/?$/.exec(server)?.[1] ?? null
}

function describeSource(via: ClusterSource): string {
  switch (via.kind) {
    case 'kubeconfig':
      return `context ${via.context} of ${via.path}`
    case 'in-cluster':
      return 'the cluster around this pod'
    case 'sandbox':
      return `what answers at ${via.url}`
    case 'eks':
      return `EKS cluster ${via.name} in ${via.region}`
    case 'secret':
      return `the cluster of ${via.store} ${via.id}`
  }
}
