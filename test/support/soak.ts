import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openSqliteStore } from '../../lib/adapters/sqlite/store.ts'
import type { Run } from '../../lib/domain/run.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { start } from '../../lib/engine/start.ts'
import type { Store } from '../../lib/ports.ts'
import { exchangeWith, localCluster } from './local-cluster.ts'
import { memory, partition, podDelete, stepOf, suiteOf } from './suites.ts'
import { settle } from './virtual-clock.ts'
import { openWorld, type World } from './world.ts'

const dayMs = 24 * 3600 * 1000
/** The ledger is closed and opened anew after so many days, as commands do; what is past its time goes then. */
const daysOpen = 10
/** What one process was like after so many game days. */
export interface Look {
  readonly day: number
  /** Of JavaScript, after a collection. */
  readonly heapBytes: number
  readonly sockets: number
  readonly timers: number
  /** Deadlines on the virtual clock. */
  readonly sleepers: number
  /** Items of the table by run, and those of no run; without the answers of probes, which go by a time of their own. */
  readonly items: { readonly runs: number; readonly perRun: readonly number[]; readonly rest: number }
}

export interface Soaked {
  readonly days: number
  readonly handOvers: number
  readonly looks: readonly Look[]
  /** What the heap grows by with each game day, over the second half: the slope of the line that fits best. */
  readonly bytesPerDay: number
}

const suite = suiteOf([
  stepOf(partition, { durationMs: 20_000 }),
  stepOf(podDelete, { durationMs: 2_000 }),
  stepOf(memory, { durationMs: 5_000 }),
])

/**
 * One game day after the other in one process, on one embedded cluster and one ledger on disk, each on the next day of a virtual clock. Every
 * second one is handed over from driver to driver in the middle of its first fault; looked at every so many days.
 */
export async function soak(days: number, lookEvery: number): Promise<Soaked> {
  // Thousands of flushes need no disk.
  const directory = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'faultline-soak-'))
  // What the embedded cluster remembers for watches is full after a few days.
  const world = await openWorld({ historySize: 200 })
  let store = await openSqliteStore({ directory, clock: world.clock })
  const seen: Look[] = []
  let handOvers = 0
  try {
    for (let day = 1; day <= days; day++) {
      const run = await playDay(world, store, day)
      if (run.status !== 'succeeded') throw new Error(`day ${day} ended as ${run.status}: ${JSON.stringify(run.steps.at(-1)?.reasons)}`)
      if (isHandedOver(day)) handOvers++
      await world.pass(dayMs - (world.clock.now() % dayMs))
      if (day % daysOpen === 0) {
        await store.close()
        store = await openSqliteStore({ directory, clock: world.clock })
      }
      if (day % lookEvery === 0) seen.push(await lookAt(world, day, directory))
    }
  } finally {
    await store.close()
    await world.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { days, handOvers, looks: seen, bytesPerDay: slopeOf(seen.slice(Math.floor(seen.length / 2))) }
}

const isHandedOver = (day: number) => day % 2 === 0

async function playDay(world: World, store: Store, day: number): Promise<Run> {
  const { objects, pods } = localCluster({ exchange: exchangeWith(world.sandbox), clock: world.clock })
  const cluster = { objects: world.tracked('objects', objects), pods: world.tracked('pods', pods) }
  const engineOf = (owner: string): Engine => ({
    ...world.engine(`${owner}-${day}`, { config: { handOver: { firstMs: 20_000, againMs: 5_000, leaveMs: 1_000 } } }),
    store: trackedStore(world, store),
    connect: async () => cluster,
  })
  const first = engineOf('first')
  const request = { ...world.request(suite, `day-${day}`), scheduledAt: world.clock.now() }
  return world.play(
    (async () => {
      const { run } = await start(first, request)
      if (!isHandedOver(day)) return drive(first, run.id)
      let successor: Promise<Run> | undefined
      const endsAt = world.clock.now() + 35_000
      const budget = {
        remainingMs: () => endsAt - world.clock.now(),
        handOver: async (id: string) => {
          successor ??= drive(engineOf('second'), id)
        },
      }
      await drive(first, run.id, { budget })
      if (successor === undefined) throw new Error(`day ${day} was not handed over`)
      return successor
    })(),
  )
}

/** The clock stands still while a call to it is under way. */
function trackedStore(world: World, { close, ...ports }: Store): Store {
  const tracked = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, world.tracked(name, port)]))
  return { ...(tracked as Omit<Store, 'close'>), close }
}

async function lookAt(world: World, day: number, directory: string): Promise<Look> {
  await settle()
  const resources = process.getActiveResourcesInfo()
  return {
    day,
    heapBytes: heapAfterCollection(),
    sockets: resources.filter((name) => name.startsWith('TCP')).length,
    timers: resources.filter((name) => name === 'Timeout').length,
    sleepers: world.clock.sleeping,
    items: itemsIn(directory),
  }
}

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

function itemsIn(directory: string): Look['items'] {
  const database = new DatabaseSync(join(directory, 'ledger.sqlite'), { readOnly: true })
  try {
    const counts = database.prepare("SELECT pk, count(*) AS items FROM items WHERE sk NOT LIKE 'SAMPLES#%' GROUP BY pk").all() as {
      pk: string
      items: number
    }[]
    const runs = counts.filter(({ pk }) => pk.startsWith('RUN#'))
    const sizes = [...new Set(runs.map(({ items }) => items))].sort((a, b) => a - b)
    const rest = counts.filter(({ pk }) => !pk.startsWith('RUN#')).reduce((sum, { items }) => sum + items, 0)
    return { runs: runs.length, perRun: sizes, rest }
  } finally {
    database.close()
  }
}

/** By least squares. */
function slopeOf(list: readonly Look[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [day, heap] = [mean(list.map((one) => one.day)), mean(list.map((one) => one.heapBytes))]
  const above = list.reduce((sum, one) => sum + (one.day - day) * (one.heapBytes - heap), 0)
  return above / list.reduce((sum, one) => sum + (one.day - day) ** 2, 0)
}
