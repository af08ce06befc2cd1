import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../sandbox/start.ts'

const rounds = 5
const replicas = 12

/** One fault, and the request that is its effect on the cluster. */
interface Trial {
  readonly name: string
  readonly experiment: object
  /** How many such requests make it whole. */
  readonly count: number
  isEffect(request: { readonly method: string; readonly path: string }): boolean
}

const trials: readonly Trial[] = [
  {
    name: 'pod-delete of 3',
    experiment: { type: 'node_failure', params: { failure_type: 'pod-delete' }, targets: { count: 3 } },
    count: 3,
    isEffect: ({ method, path }) => method === 'DELETE' && /\/pods\/[^/]+$/.test(path),
  },
  {
    name: 'partition by policy',
    experiment: { type: 'network_partition', params: { partition_type: 'random', mechanism: 'policy' } },
    count: 1,
    isEffect: ({ method, path }) => method === 'POST' && path.endsWith('/networkpolicies'),
  },
]

interface Seen {
  /** From the command's start to the last request that makes the effect whole, ms. */
  readonly effectMs: number
  readonly requestsBefore: number
  readonly requests: number
}

/**
 * From the start of the command to the effect on the cluster, as the API server sees it, and how many requests that took: medians of 5 on
 * an embedded cluster, whose own answers take a millisecond or two. On a real one the API server's own time comes on top.
 */
export async function effect() {
  const form = existsSync('dist/faultline.js') ? 'bundle' : 'sources'
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  try {
    const results: Record<string, Seen> = {}
    for (const trial of trials) results[trial.name] = await median(trial, folder)
    return { form, results, ok: Object.values(results).every(({ effectMs }) => effectMs > 0) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function median(trial: Trial, folder: string): Promise<Seen> {
  const seen: Seen[] = []
  // The first round fills caches.
  for (let round = 0; round <= rounds; round++) {
    const one = await once(trial, join(folder, `${trials.indexOf(trial)}-${round}`), folder)
    if (round > 0) seen.push(one)
  }
  return seen.sort((a, b) => a.effectMs - b.effectMs)[Math.floor(seen.length / 2)] ?? { effectMs: 0, requestsBefore: 0, requests: 0 }
}

async function once({ experiment, count, isEffect }: Trial, state: string, folder: string): Promise<Seen> {
  const sandbox = await startSandbox({ replicas })
  try {
    await sandbox.ready()
    const suite = { name: 'Bench', gracePeriod: 0, experiments: [{ name: 'One', duration: 1, interval: 0, ...experiment }] }
    await writeFile(join(folder, 'suite.json'), JSON.stringify(suite))
    await writeFile(join(folder, 'kubeconfig'), sandbox.kubeconfig())
    const files = [join(folder, 'suite.json'), '--kubeconfig', join(folder, 'kubeconfig'), '--state', state]
    let [requests, requestsBefore, effects, effectMs] = [0, 0, 0, 0]
    const from = performance.now()
    sandbox.disturb((request) => {
      requests++
      if (isEffect(request) && ++effects === count) [effectMs, requestsBefore] = [Math.round(performance.now() - from), requests]
      return undefined
    })
    const env = { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') }
    const child = spawn(process.execPath, ['bin/faultline.js', 'run', ...files], { env, stdio: 'ignore' })
    await new Promise((resolve) => child.once('exit', resolve))
    return { effectMs, requestsBefore, requests }
  } finally {
    await sandbox.close()
  }
}
