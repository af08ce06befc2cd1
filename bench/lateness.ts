import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { clusterIdentity } from '../lib/adapters/kubernetes/connect.ts'
import { openSqliteStore } from '../lib/adapters/sqlite/store.ts'
import { systemClock } from '../lib/adapters/system-clock.ts'
import type { Run } from '../lib/domain/run.ts'
import { drive } from '../lib/engine/drive.ts'
import type { Progress } from '../lib/engine/engine.ts'
import { start } from '../lib/engine/start.ts'
import type { Cluster, Store } from '../lib/ports.ts'
import { type LocalSandbox, startLocalSandbox } from '../sandbox/start.ts'
import { exchangeWith, localCluster } from '../test/support/local-cluster.ts'
import { partition, stepOf, suiteOf } from '../test/support/suites.ts'
import { benchEngine } from './engine.ts'

/** How many runs go on at once in this process, and how many steps they have in all: one run alone takes more than a second for each. */
const crowds: readonly (readonly [runs: number, steps: number])[] = [
  [1, 100],
  [20, 1_000],
  [100, 1_000],
]
const holdMs = 1_000
/** How late the 99th of 100 undos may begin, however many runs there are, ms. */
const mostP99 = 100

interface Spread {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** One crowd's figures, ms. */
interface Crowd {
  readonly steps: number
  readonly undo: Spread
  readonly timer: Spread
  /** How long a turn of the event loop kept all others waiting. */
  readonly loop: Spread
  /** How many times as late as a bare timer the 99th of 100 undos began: the machine's own lateness is in both. */
  readonly timesTimer: number
}

/**
 * How long after the planned end of a fault the call that undoes it is sent: partitions by policy in runs side by side in one process,
 * with one ledger on disk, each on a simulated cluster of its own inside this process. Beside it, how late a bare timer of this process is
 * that was set for the same moment.
 */
export async function lateness() {
  const crowded: Record<number, Crowd> = {}
  for (const [runs, steps] of crowds) crowded[runs] = await measure(runs, steps)
  return { runs: crowded, ok: Object.values(crowded).every(({ undo }) => undo.p99 <= mostP99) }
}

async function measure(runs: number, steps: number): Promise<Crowd> {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  const store = await openSqliteStore({ directory: folder, clock: systemClock })
  const [undo, timer]: [number[], number[]] = [[], []]
  try {
    // Simulated clusters take their time to come up, in this very process: no run waits for that.
    const sandboxes = await Promise.all(Array.from({ length: runs }, openSandbox))
    const loop = monitorEventLoopDelay({ resolution: 5 })
    loop.enable()
    await Promise.all(
      sandboxes.map(async (sandbox, n) => {
        // Runs do not begin in the same millisecond.
        await systemClock.sleep((n * holdMs) / runs)
        await play(store, { sandbox, key: String(n), steps: steps / runs, late: (ms) => undo.push(ms), timerLate: (ms) => timer.push(ms) })
      }),
    )
    loop.disable()
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()))
    const [undone, bare] = [spread(undo), spread(timer)]
    const delay = { p50: inMs(loop.percentile(50)), p99: inMs(loop.percentile(99)), max: inMs(loop.max) }
    return {
      steps: undo.length,
      undo: undone,
      timer: bare,
      loop: delay,
      timesTimer: Number((undone.p99 / Math.max(1, bare.p99)).toFixed(2)),
    }
  } finally {
    await store.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function openSandbox(): Promise<LocalSandbox> {
  const sandbox = startLocalSandbox({ replicas: 2, startDelayMs: 10, stopDelayMs: 10, requestsPerSecond: 1 })
  await sandbox.ready()
  return sandbox
}

interface Played {
  readonly sandbox: LocalSandbox
  readonly key: string
  readonly steps: number
  late(ms: number): void
  timerLate(ms: number): void
}

async function play(store: Store, { sandbox, key, steps: count, late, timerLate }: Played): Promise<void> {
  let plannedEnd: number | null = null
  const inner = localCluster({ exchange: exchangeWith(sandbox), clock: systemClock })
  const cluster: Cluster = {
    ...inner,
    objects: {
      ...inner.objects,
      delete: (ref, options) => {
        // The fuse goes first: the policy is collected with it.
        if (plannedEnd !== null) {
          late(systemClock.now() - plannedEnd)
          plannedEnd = null
        }
        return inner.objects.delete(ref, options)
      },
    },
  }
  const observe = (progress: Progress) => {
    if (progress.kind !== 'event' || progress.event.type !== 'injected' || progress.run.status !== 'holding') return
    const { revertAt } = progress.run
    plannedEnd = revertAt
    setTimeout(() => timerLate(systemClock.now() - revertAt), Math.max(0, revertAt - systemClock.now()))
  }
  const run = await playRun({ store, cluster, observe, key, count })
  // A second is short for a look at the evidence before its end, where a hundred runs look at once: not what is measured here.
  if (!['succeeded', 'no_effect'].includes(run.status)) throw new Error(`a run ended as ${run.status}: ${JSON.stringify(run.steps.at(-1))}`)
}

interface Setting {
  readonly store: Store
  readonly cluster: Cluster
  readonly observe: (progress: Progress) => void
  readonly key: string
  readonly count: number
}

async function playRun({ store, cluster, observe, key, count }: Setting): Promise<Run> {
  const engine = { ...benchEngine(store, cluster, observe), owner: `bench-${key}` }
  const { uid, simulated } = await clusterIdentity(cluster)
  const suite = suiteOf(
    Array.from({ length: count }, (_, n) => ({ ...stepOf(partition, { durationMs: holdMs, intervalMs: 0 }), name: `cut ${n}` })),
    { graceBeforeMs: 0, graceAfterMs: 0, maxDurationMs: 7_200_000 },
  )
  const ref = { uid, name: 'bench', via: { kind: 'in-cluster' }, simulated } as const
  const trigger = { kind: 'manual', key, by: 'bench' } as const
  const { run } = await start(engine, { suite, cluster: ref, seed: 7, trigger, scheduledAt: null })
  return drive(engine, run.id)
}

const inMs = (nanoseconds: number) => Math.round(nanoseconds / 1e6)

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (part: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN)
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
