import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onPath } from '../sandbox/programs.ts'
import { startSandbox } from '../sandbox/start.ts'

const rounds = 7
/** As many pods as the figures of the documentation speak of. */
const replicas = 12
/** How often a process's memory is looked at; its high-water mark misses what it takes in its last milliseconds at most. */
const lookEveryMs = 2

interface Sample {
  readonly ms: number
  readonly mebibytes: number
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
  await new Promise((resolve) => child.once('exit', resolve))
  clearInterval(look)
  return { ms: performance.now() - from, mebibytes }
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

/** Most resident memory in MiB. */
export async function memory() {
  const mebibytes = medians(await measure(), (sample) => sample.mebibytes)
  return { mebibytes, ok: (mebibytes['plan, bundle'] ?? 0) <= mostForPlan }
}
