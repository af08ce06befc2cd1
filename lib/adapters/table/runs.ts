import { randomUUID } from 'node:crypto'
import { isEnded, type Run } from '../../domain/run.ts'
import type { Clock, RunStore } from '../../ports.ts'
import { stillThere } from './conditions.ts'
import { runKey, runPartition, samplesEnd, samplesPrefix } from './keys.ts'
import { expiry, readRun, runAttributes, runItem } from './run-item.ts'
import { dueIndex, type Item, type Query, suitesIndex, type TableAccess } from './table-access.ts'
import { createOnce, saveIdOf, saveVersion } from './versioned.ts'

/** Runs in the table; used by the engine for every step it takes. */
export function createRunStore(table: TableAccess, clock: Clock): RunStore {
  return {
    create: (run) => createOnce(table, runItem(run, randomUUID(), clock.now())),
    load: async (id) => {
      const item = await table.get(runKey(id))
      return item && runOf(item)
    },
    save: async (run) => {
      await saveVersion(table, runKey(run.id), runAttributes(run, saveIdOf(run), clock.now()))
      const ttl = expiry(run)
      if (ttl !== undefined) await expireItems(table, run.id, ttl)
    },
    list: async ({ suite, limit, unsettled } = {}) => {
      if (unsettled === true) return (await table.query({ from: dueIndex, partition: 'unsettled' })).map(runOf)
      return suite === undefined ? listAll(table, limit) : listSuite(table, suite, limit)
    },
    due: async (now) => {
      const items = await table.query({ from: dueIndex, partition: 'live', sort: { is: 'upTo', value: now } })
      return items.map(runOf)
    },
  }
}

const runOf = (item: Item) => readRun(item.body)

/** The ledger, history and abort switch of a run that has ended go when it goes; answers of probes have had their time from the start. */
async function expireItems(table: TableAccess, runId: string, ttl: number): Promise<void> {
  const part = (sort: NonNullable<Query['sort']>) => table.query({ from: 'items', partition: runPartition(runId), sort })
  const parts = await Promise.all([part({ is: 'below', value: samplesPrefix }), part({ is: 'above', value: samplesEnd })])
  const unmarked = parts.flat().filter((item) => item.ttl !== ttl)
  await Promise.all(unmarked.map(({ pk, sk }) => table.update({ pk, sk }, { ttl }, stillThere)))
}

async function listSuite(table: TableAccess, suite: string, limit: number | undefined): Promise<readonly Run[]> {
  return (await table.query({ from: suitesIndex, partition: suite, highestFirst: true }, limit)).map(runOf)
}

/** Live and unsettled runs are few, ended ones are many and sorted by request: all of the one, the newest of the other. */
async function listAll(table: TableAccess, limit: number | undefined): Promise<readonly Run[]> {
  const phase = (name: string) => ({ from: dueIndex, partition: name, highestFirst: true }) as const
  const parts = await Promise.all([table.query(phase('live')), table.query(phase('unsettled')), table.query(phase('ended'), limit)])
  const byId = new Map<string, Run>()
  for (const run of parts.flat().map(runOf)) {
    const seen = byId.get(run.id)
    if (seen === undefined || isEnded(run)) byId.set(run.id, run)
  }
  const all = [...byId.values()].sort((a, b) => b.requestedAt - a.requestedAt)
  const newest = new Set(all.slice(0, limit))
  return all.filter((run) => newest.has(run) || !isEnded(run))
}
