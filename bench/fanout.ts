import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { configForUrl } from '../lib/adapters/kubernetes/config.ts'
import { type ConnectedCluster, connectCluster, defaultBounds } from '../lib/adapters/kubernetes/connect.ts'
import { openSqliteStore } from '../lib/adapters/sqlite/store.ts'
import { systemClock } from '../lib/adapters/system-clock.ts'
import type { Injection, Target } from '../lib/domain/injection.ts'
import { Driver } from '../lib/engine/lease/driver.ts'
import { podDelete } from '../lib/faults/pod-delete.ts'
import { injectionOf } from '../test/support/fault-context.ts'
import { requestedRun } from '../test/support/runs.ts'
import { deletionUndo } from '../test/support/undo-data.ts'
import { benchEngine } from './engine.ts'
import { answersAfterMs, type SlowApiReady, slowNamespace } from './slow-api.ts'

const sizes = [10, 100, 1_000, 10_000] as const
const podsPerNode = 50
const rounds = 3
/** So many calls of the baseline are measured; more would take minutes and say the same. */
const mostOneByOne = 100
/** As a list is cut into pages. */
const pageSize = 500
/** What the deeds may take at most, as a multiple of the least that is possible. */
const mostRatio = 1.5

interface Size {
  readonly pods: number
  readonly nodes: number
  /** A page of the list must have come before the next one is asked for; then all deletes, as many at once as the client sends. */
  readonly boundMs: number
  readonly ms: number
  readonly ratio: number
  /** The same deletes each after the other, from so many that were measured. */
  readonly oneByOne: { readonly ms: number; readonly measured: number }
  readonly timesFaster: number
}

/**
 * Deletes all pods of a namespace as a driver does, fences and the ledger's switches included, over the real client, at an API server that
 * answers after 20 ms: medians of 3, beside the least that is possible, and beside the same calls one by one.
 */
export async function fanout() {
  const found: Size[] = []
  for (const pods of sizes) found.push(await measure(pods, Math.ceil(pods / podsPerNode)))
  return {
    answersAfterMs,
    inFlight: defaultBounds.maxInFlight,
    ratios: Object.fromEntries(found.map(({ pods, ratio }) => [pods, ratio])),
    sizes: found,
    ok: found.every(({ ratio }) => ratio <= mostRatio),
  }
}

async function measure(pods: number, nodes: number): Promise<Size> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const api = await startApi(pods, nodes)
  const cluster = connectCluster(configForUrl(api.url, 'benched'))
  try {
    const targets = Array.from({ length: pods }, (_, index) => targetOf(index, nodes))
    const times: number[] = []
    // The first round opens connections and lets the code be compiled.
    for (let round = 0; round <= rounds; round++) {
      const ms = await deleteAll(cluster, targets, join(folder, String(round)))
      if (round > 0) times.push(ms)
    }
    const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
    const measured = targets.slice(0, mostOneByOne)
    const oneByOneMs = ((await deleteOneByOne(cluster, measured)) / measured.length) * pods
    const boundMs = (Math.ceil(pods / pageSize) + Math.ceil(pods / defaultBounds.maxInFlight)) * answersAfterMs
    const oneByOne = { ms: Math.round(oneByOneMs), measured: measured.length }
    return { pods, nodes, boundMs, ms: Math.round(ms), ratio: rounded(ms / boundMs), oneByOne, timesFaster: rounded(oneByOneMs / ms) }
  } finally {
    await cluster.close()
    await api.close()
    await rm(folder, { recursive: true, force: true })
  }
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
async function deleteAll(cluster: ConnectedCluster, targets: readonly Target[], directory: string): Promise<number> {
  const store = await openSqliteStore({ directory, clock: systemClock })
  try {
    const engine = benchEngine(store, cluster)
    const lease = { owner: engine.owner, until: engine.clock.now() + engine.config.leaseMs }
    const run = { ...requestedRun(), lease }
    await store.runs.create(run)
    const driver = new Driver(engine, cluster, { run, injections: [] })
    const injection: Injection = injectionOf('pod-delete', { targets, undo: deletionUndo() })
    const from = performance.now()
    await podDelete.inject(driver.interruptibleContext(), injection)
    return performance.now() - from
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
