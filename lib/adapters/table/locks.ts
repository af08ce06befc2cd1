import { StoreUnavailable } from '../../domain/errors.ts'
import type { LockStore } from '../../ports.ts'
import { freeOrHeldBy, heldBy } from './conditions.ts'
import { lockKey } from './keys.ts'
import type { TableAccess } from './table-access.ts'

/** Each time another run must have let go just between our put and our read; five in a row do not happen. */
const maxAttempts = 5

/** Locks in the table. They never expire: a run takes one over only after it has read that the holder's run is over. */
export function createLockStore(table: TableAccess): LockStore {
  return {
    acquire: (key, runId) => acquire(table, key, runId),
    takeOver: async (key, from, to) => {
      if (await table.update(lockKey(key), { holder: to }, heldBy(from))) return true
      return (await holderOf(table, key)) === to
    },
    release: async (key, runId) => {
      await table.delete(lockKey(key), heldBy(runId))
    },
  }
}

async function holderOf(table: TableAccess, key: string): Promise<string | undefined> {
  return (await table.get(lockKey(key)))?.holder as string | undefined
}

/** Refused and yet there is no holder: it let go in between, so try again. */
async function acquire(table: TableAccess, key: string, runId: string): Promise<string> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const item = { ...lockKey(key), holder: runId }
    if (await table.put(item, freeOrHeldBy(runId))) return runId
    const holder = await holderOf(table, key)
    if (holder !== undefined) return holder
  }
  throw new StoreUnavailable(`acquire lock ${key}: it changed hands ${maxAttempts} times meanwhile`)
}
