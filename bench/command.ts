import { fork, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onPath } from '../sandbox/programs.ts'
import { startSandbox } from '../sandbox/start.ts'
import type { LargeClusterReady } from './large-cluster.ts'

const rounds = 7
/** As many pods as the figures of the documentation speak of. */
const replicas = 12
/** How often a process's memory is looked at; its high-water mark misses what it takes in its last milliseconds at most. */
const lookEveryMs = 2

interface Sample {
  readonly ms: number
  readonly mebibytes: number
  readonly exitCode: number | null
}

interface Contender {
  readonly name: string
  readonly command: readonly string[]
}

/**
 * Time from start to end, and most memory, of the command as it ships (one bundle) and from its sources, beside a Node that does nothing
 * and kubectl, where it is on the PATH: medians, each contender in turn, so that a busy machine is busy for all. The cluster is an
 * embedded one, or the one that FAULTLINE_BENCH_KUBECONFIG names. Needs what `npm run build` makes.
 */
async function measure(): Promise<ReadonlyMap<string, readonly Sample[]>> {
  if (!existsSync('dist/faultline.js')) throw new Error('npm run build makes what is measured here')
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const own = process.env.FAULTLINE_BENCH_KUBECONFIG
  const sandbox = own === undefined ? await startSandbox({ replicas }) : undefined
  try {
    const kubeconfig = own ?? join(folder, 'kubeconfig')
    if (sandbox !== undefined) await writeFile(kubeconfig, sandbox.kubeconfig())
    await sandbox?.ready()
    const samples = new Map<string, Sample[]>()
    for (let round = 0; round <= rounds; round++) {
      for (const { name, command } of contenders(folder, kubeconfig)) {
        const sample = await run(command, folder)
        // The first round fills caches.
        if (round > 0) samples.set(name, [...(samples.get(name) ?? []), sample])
      }
    }
    return samples
  } finally {
    await sandbox?.close()
    await rm(folder, { recursive: true, force: true })
  }
}

function contenders(folder: string, kubeconfig: string): readonly Contender[] {
  const { execPath } = process
  const state = ['--state', join(folder, 'state')]
  const commands = {
    validate: ['validate', 'experiments/quick-test-suite.json'],
    runs: ['runs', ...state],
    plan: ['plan', 'experiments/quick-test-suite.json', '--kubeconfig', kubeconfig, ...state],
  }
  const ours = Object.entries(commands).flatMap(([name, args]) => [
    { name: `${name}, bundle`, command: [execPath, 'bin/faultline.js', ...args] },
    { name: `${name}, sources`, command: [execPath, 'cli/main.ts', ...args] },
  ])
  const kubectl = onPath('kubectl')
  return [
    { name: 'node', command: [execPath, '-e', '0'] },
    ...ours,
    ...(kubectl === undefined ? [] : [{ name: 'kubectl get pods', command: [kubectl, '--kubeconfig', kubeconfig, 'get', 'pods', '-A'] }]),
  ]
}

async function run([program = '', ...args]: readonly string[], folder: string): Promise<Sample> {
  const from = performance.now()
  const env = { PATH: process.env.PATH, HOME: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') }
  const child = spawn(program, args, { env, stdio: 'ignore' })
  let mebibytes = 0
  const look = setInterval(() => {
    mebibytes = Math.max(mebibytes, highWater(child.pid ?? 0))
  }, lookEveryMs)
  const exitCode = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  clearInterval(look)
  return { ms: performance.now() - from, mebibytes, exitCode }
}

function highWater(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function medians(samples: ReadonlyMap<string, readonly Sample[]>, figure: (sample: Sample) => number): Readonly<Record<string, number>> {
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  return Object.fromEntries([...samples].map(([name, list]) => [name, Math.round(median(list.map(figure)))]))
}

/** Milliseconds from start to end, and each as a multiple of the empty Node's. */
export async function start() {
  const ms = medians(await measure(), (sample) => sample.ms)
  const empty = ms.node ?? 1
  const ratios = Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, Number((value / empty).toFixed(2))]))
  return {
    ms,
    ratios,
    ok: (ms['validate, bundle'] ?? 0) < (ms['validate, sources'] ?? 0) && (ms['plan, bundle'] ?? 0) < (ms['plan, sources'] ?? 0),
  }
}

/** The most that `plan` for 12 pods may take, in MiB; an empty Node takes 42. */
const mostForPlan = 110

/** The largest workload that a step may hit. */
const [largePods, largeNodes] = [10_000, 200]
/** What a run on it may take above an empty Node, in MiB. */
const mostAboveEmpty = 128

/** Most resident memory in MiB: of short commands for 12 pods, and of a partition of 10,000 on 200 nodes, whose cluster is another process. */
export async function memory() {
  const mebibytes = medians(await measure(), (sample) => sample.mebibytes)
  const large = await partitionAll()
  const aboveEmpty = Math.round(large.mebibytes) - (mebibytes.node ?? 0)
  const ok = (mebibytes['plan, bundle'] ?? 0) <= mostForPlan && large.exitCode === 0 && aboveEmpty <= mostAboveEmpty
  const partition = { pods: largePods, nodes: largeNodes, mebibytes: Math.round(large.mebibytes), aboveEmpty, exitCode: large.exitCode }
  return { mebibytes, partition, limits: { plan: mostForPlan, aboveEmpty: mostAboveEmpty }, ok }
}

const everyPod = {
  name: 'Bench',
  gracePeriod: 0,
  experiments: [
    {
      name: 'All',
      type: 'network_partition',
      params: { partition_type: 'all', mechanism: 'policy' },
      // Labels on 10,000 pods and the looks at them take their time on a busy machine, in which the fuse must not burn.
      duration: 120,
      interval: 0,
    },
  ],
}

async function partitionAll(): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const cluster = fork(fileURLToPath(new URL('large-cluster.ts', import.meta.url)), [String(largePods), String(largeNodes)])
  try {
    const { kubeconfig } = await new Promise<LargeClusterReady>((resolve, reject) => {
      cluster.once('error', reject)
      cluster.once('message', (ready: LargeClusterReady) => resolve(ready))
    })
    const [suite, config] = [join(folder, 'suite.json'), join(folder, 'kubeconfig')]
    await Promise.all([writeFile(suite, JSON.stringify(everyPod)), writeFile(config, kubeconfig)])
    const args = ['run', suite, '--kubeconfig', config, '--state', join(folder, 'state')]
    return await run([process.execPath, 'bin/faultline.js', ...args], folder)
  } finally {
    cluster.kill()
    await rm(folder, { recursive: true, force: true })
  }
}
