import { randomUUID } from 'node:crypto'
import { FaultlineError } from '../../domain/errors.ts'
import { isEnded, type Run } from '../../domain/run.ts'
import type { Clock, RunStore } from '../../ports.ts'
import { allSettled } from './all-settled.ts'
import { stillThere, unchangedSince } from './conditions.ts'
import { runKey, runPartition, samplesEnd, samplesPrefix } from './keys.ts'
import { Listings } from './listings.ts'
import type { Layout } from './parts.ts'
import { RecordItems, saveIdOf } from './records.ts'
import { expiry, readRun, wakeAt } from './run-item.ts'
import type { Item, Query, TableAccess } from './table-access.ts'

/**
 * A lease is renewed every 5 s, and a write costs by the KB of its whole item: what seldom changes lies beside the head, each step's record
 * in an item of its own. Outbox and lease come and go, and stay where they cost one write.
 */
export const runLayout: Layout = { inline: 128, except: { events: 4_096, lease: 512 }, elements: { steps: 0 } }

/** Items that are marked or taken away side by side. */
const marksAtOnce = 25

/** Runs in the table; used by the engine for every step it takes. */
export function createRunStore(table: TableAccess, clock: Clock): RunStore {
  const records = new RecordItems<Run>({ table, clock, layout: runLayout, read: readRun })
  const listings = new Listings(table)
  const load = async (id: string) => (await records.list(runPartition(id), runKey(id).sk))[0]
  return {
    create: async (run) => {
      await listings.begin(run)
      const created = await records.create({ key: runKey(run.id), record: run, saveId: randomUUID() })
      const known = created ? undefined : await load(run.id)
      if (known !== undefined && isEnded(known)) await listings.tell(known)
      return created
    },
    load,
    save: async (run) => {
      const ttl = expiry(run)
      const key = runKey(run.id)
      const saving = { key, record: run, saveId: saveIdOf(run), beside: { ttl } }
      const save = () => records.save(saving, (attributes, condition) => table.put({ ...key, ...attributes }, condition))
      if (ttl === undefined) {
        await listings.begin(run)
        await allSettled([save(), listings.tell(run)])
        return
      }
      await save()
      await listings.tell(run)
      await expireItems(table, run.id, ttl)
    },
    remove: async (id) => {
      const run = await load(id)
      if (run === undefined || !isEnded(run) || run.events.length > 0) return false
      const items = await table.query({ from: 'items', partition: runPartition(id), keysOnly: true })
      // The head first: without it nothing is taken for a run that lacks a part. Whatever a crash leaves goes by its `ttl`.
      if (!(await table.delete(runKey(id), unchangedSince(run.version)))) return false
      const rest = items.filter(({ sk }) => sk !== runKey(id).sk)
      while (rest.length > 0) await allSettled(rest.splice(0, marksAtOnce).map(({ pk, sk }) => table.delete({ pk, sk })))
      return true
    },
    list: (options = {}) => listings.list(options),
    due: async (now) => {
      const live = await listings.live()
      const found = await Promise.all(
        live.map(async (listed) => {
          const run = await load(listed.id).catch((error: unknown) => ({ error }))
          // One that cannot be read is due: the reaper that loads it is told why.
          if (run !== undefined && 'error' in run) return [{ listed, at: now }]
          if (run === undefined) return []
          if (!isEnded(run)) return [{ listed, at: wakeAt(run) }]
          await listings.tell(run).catch(unlessOfStore)
          return []
        }),
      )
      return found
        .flat()
        .filter(({ at }) => at <= now)
        .sort((a, b) => a.at - b.at)
        .map(({ listed }) => listed)
    },
  }
}

/** A listing that lags may do so: the ledger may be one that can only be read. */
function unlessOfStore(error: unknown): void {
  if (!(error instanceof FaultlineError)) throw error
}

/** Whatever a run that has ended left goes when it goes; answers of probes have had their time from the start. */
async function expireItems(table: TableAccess, runId: string, ttl: number): Promise<void> {
  const part = (sort: NonNullable<Query['sort']>) => table.query({ from: 'items', partition: runPartition(runId), sort, keysOnly: true })
  const parts = await Promise.all([part({ is: 'below', value: samplesPrefix }), part({ is: 'above', value: samplesEnd })])
  const unmarked: Item[] = parts.flat().filter((item) => item.ttl !== ttl)
  while (unmarked.length > 0)
    await allSettled(unmarked.splice(0, marksAtOnce).map(({ pk, sk }) => table.update({ pk, sk }, { ttl }, stillThere)))
}
