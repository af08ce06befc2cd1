import { execFile, fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { configForUrl } from '../lib/adapters/kubernetes/config.ts'
import { type ConnectedCluster, connectCluster, defaultBounds } from '../lib/adapters/kubernetes/connect.ts'
import { openSqliteStore } from '../lib/adapters/sqlite/store.ts'
import { systemClock } from '../lib/adapters/system-clock.ts'
import type { Injection, Target } from '../lib/domain/injection.ts'
import { Driver } from '../lib/engine/lease/driver.ts'
import type { Fault } from '../lib/faults/fault.ts'
import { podDelete } from '../lib/faults/pod-delete.ts'
import { policyPartition } from '../lib/faults/policy-partition/policy-partition.ts'
import { kubeconfigFor } from '../sandbox/kubeconfig.ts'
import { onPath } from '../sandbox/programs.ts'
import { injectionOf } from '../test/support/fault-context.ts'
import { requestedRun } from '../test/support/runs.ts'
import { deletionUndo, policyUndo } from '../test/support/undo-data.ts'
import { benchEngine } from './engine.ts'
import { answersAfterMs, type SlowApiReady, slowNamespace } from './slow-api.ts'

const sizes = [10, 100, 1_000, 10_000] as const
const podsPerNode = 50
/** Of a size; the smaller it is, the more a single pause of the machine counts. */
const roundsOf = (pods: number) => (pods > 1_000 ? 3 : 15)
/** So many calls of the baseline are measured; more would take minutes and say the same. */
const mostOneByOne = 100
/** Of 1,000, kubectl takes minutes: it reads each pod before it deletes it, one after the other. */
const mostByKubectl = 100
/** As a list is cut into pages. */
const pageSize = 500
/** What the deeds may take at most, as a multiple of the least that is possible. */
const mostRatio = 1.5

/** A fault put in place on all pods at once. */
interface Deed {
  readonly name: string
  readonly fault: Fault
  readonly change: Partial<Injection>
  /** The least number of answers that must come one after the other. */
  readonly inRow: (pods: number) => number
}

const waves = (pods: number) => Math.ceil(pods / defaultBounds.maxInFlight)
const fuse = { namespace: slowNamespace, name: 'fuse', uid: 'fuse-uid', burnsAt: 0 }
const deeds: readonly Deed[] = [
  {
    name: 'pod-delete',
    fault: podDelete,
    change: { undo: deletionUndo() },
    // A page of the list must have come before the next one is asked for; then all deletes, as many at once as the client sends.
    inRow: (pods) => Math.ceil(pods / pageSize) + waves(pods),
  },
  {
    name: 'partition by policy',
    fault: policyPartition,
    change: { undo: policyUndo(), armed: fuse, fuse: { namespace: slowNamespace, name: 'fuse', pod: null } },
    // A label on each pod, then the policy that selects them.
    inRow: (pods) => waves(pods) + 1,
  },
]

interface Size {
  readonly pods: number
  readonly nodes: number
  readonly boundMs: number
  readonly ms: number
  readonly ratio: number
  /** As many deletes each after the other, from so many that were measured. */
  readonly oneByOne: { readonly ms: number; readonly measured: number }
  readonly timesFaster: number
  /** As many deleted by `kubectl delete --wait=false`, without a plan, a ledger or a proof; null for more than it can be waited for, or without a kubectl. */
  readonly kubectlMs: number | null
  /** Of this process, for each pod, in µs. */
  readonly cpuUs: number
}

/**
 * Deletes, or labels and cuts off, all pods of a namespace as a driver does, fences and the ledger's switches included, over the real client,
 * at an API server that answers after 20 ms: medians, beside the least that is possible, and beside deletes one by one.
 */
export async function fanout() {
  const found: Record<string, readonly Size[]> = Object.fromEntries(deeds.map(({ name }) => [name, []]))
  for (const pods of sizes) {
    for (const [name, size] of await measure(pods, Math.ceil(pods / podsPerNode))) found[name] = [...(found[name] ?? []), size]
  }
  const ratios = Object.fromEntries(
    Object.entries(found).map(([name, list]) => [name, Object.fromEntries(list.map(({ pods, ratio }) => [pods, ratio]))]),
  )
  const ok = Object.values(found).every((list) => list.every(({ ratio }) => ratio <= mostRatio))
  return { ratios, answersAfterMs, inFlight: defaultBounds.maxInFlight, deeds: found, ok }
}

async function measure(pods: number, nodes: number): Promise<readonly (readonly [name: string, size: Size])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const api = await startApi(pods, nodes)
  const cluster = connectCluster(configForUrl(api.url, 'benched'))
  try {
    const targets = Array.from({ length: pods }, (_, index) => targetOf(index, nodes))
    const measured = targets.slice(0, mostOneByOne)
    const oneByOneMs = ((await deleteOneByOne(cluster, measured)) / measured.length) * pods
    const kubectlMs = pods > mostByKubectl ? null : await deleteByKubectl(api.url, folder, targets)
    const oneByOne = { ms: Math.round(oneByOneMs), measured: measured.length }
    const found: (readonly [string, Size])[] = []
    for (const deed of deeds) {
      const { ms, cpuUs } = await median(deed, { cluster, targets, folder })
      const boundMs = deed.inRow(pods) * answersAfterMs
      const size = {
        pods,
        nodes,
        boundMs,
        ms: Math.round(ms),
        ratio: rounded(ms / boundMs),
        oneByOne,
        timesFaster: rounded(oneByOneMs / ms),
        kubectlMs: kubectlMs === null ? null : Math.round(kubectlMs),
      }
      found.push([deed.name, { ...size, cpuUs: Math.round(cpuUs / pods) }])
    }
    return found
  } finally {
    await cluster.close()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Place {
  readonly cluster: ConnectedCluster
  readonly targets: readonly Target[]
  readonly folder: string
}

interface Took {
  readonly ms: number
  readonly cpuUs: number
}

async function median(deed: Deed, place: Place): Promise<Took> {
  const took: Took[] = []
  // The first round opens connections and lets the code be compiled.
  for (let round = 0; round <= roundsOf(place.targets.length); round++) {
    const one = await doTo(deed, place, join(place.folder, `${deed.name} ${round}`))
    if (round > 0) took.push(one)
  }
  return took.sort((a, b) => a.ms - b.ms)[Math.floor(took.length / 2)] ?? { ms: Number.NaN, cpuUs: Number.NaN }
}

const rounded = (value: number) => Number(value.toFixed(2))

const targetOf = (index: number, nodes: number): Target => ({
  kind: 'Pod',
  namespace: slowNamespace,
  name: `pod-${index}`,
  uid: `uid-${index}`,
  node: `node-${index % nodes}`,
})

/** By a driver with a ledger of its own, which is a file as the command's. */
async function doTo({ fault, change }: Deed, { cluster, targets }: Place, directory: string): Promise<Took> {
  const store = await openSqliteStore({ directory, clock: systemClock })
  try {
    const engine = benchEngine(store, cluster)
    const lease = { owner: engine.owner, until: engine.clock.now() + engine.config.leaseMs }
    const run = { ...requestedRun(), lease }
    await store.runs.create(run)
    const driver = new Driver(engine, cluster, { run, injections: [] })
    const injection = injectionOf('pod-delete', { targets, ...change })
    const [from, cpuFrom] = [performance.now(), process.cpuUsage()]
    await fault.inject(driver.interruptibleContext(), injection)
    const { user, system } = process.cpuUsage(cpuFrom)
    return { ms: performance.now() - from, cpuUs: user + system }
  } finally {
    await store.close()
  }
}

async function deleteOneByOne(cluster: ConnectedCluster, targets: readonly Target[]): Promise<number> {
  const from = performance.now()
  for (const { namespace, name, uid } of targets) {
    await cluster.objects.delete({ apiVersion: 'v1', kind: 'Pod', namespace, name }, { uid })
  }
  return performance.now() - from
}

/** From the start of the command to its end; what the API server serves it has learnt before. */
async function deleteByKubectl(url: string, folder: string, targets: readonly Target[]): Promise<number | null> {
  const kubectl = onPath('kubectl')
  if (kubectl === undefined) return null
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, kubeconfigFor(url))
  const place = ['--kubeconfig', kubeconfig, '--cache-dir', join(folder, 'cache'), '-n', slowNamespace]
  const remove = (names: readonly string[]) => promisify(execFile)(kubectl, [...place, 'delete', 'pod', '--wait=false', ...names])
  await remove([targets[0]?.name ?? ''])
  const from = performance.now()
  await remove(targets.map(({ name }) => name))
  return performance.now() - from
}

/** In a process of its own: what it does takes no time of the client's. */
function startApi(pods: number, nodes: number): Promise<{ readonly url: string; close(): Promise<unknown> }> {
  const child = fork(fileURLToPath(new URL('slow-api.ts', import.meta.url)), [String(pods), String(nodes)])
  const ended = new Promise((resolve) => child.once('exit', resolve))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('message', ({ url }: SlowApiReady) =>
      resolve({
        url,
        close: () => {
          child.kill()
          return ended
        },
      }),
    )
  })
}
