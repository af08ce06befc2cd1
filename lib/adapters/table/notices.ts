import { randomUUID } from 'node:crypto'
import type { NoticeStore } from '../../ports.ts'
import { unclaimedAt } from './conditions.ts'
import { noticeKey } from './keys.ts'
import { ttlOf } from './ledger.ts'
import type { TableAccess } from './table-access.ts'

/** Claims in the table: the first put wins, and a claim whose answer was lost is known again by its id. */
export function createNoticeStore(table: TableAccess): NoticeStore {
  return {
    claim: async (runId, { notifier, key, at, forMs }) => {
      const ttl = await ttlOf(table, runId)
      const claimId = randomUUID()
      const freeAt = forMs === null ? undefined : at + forMs
      const item = { ...noticeKey(runId, { notifier, key }), ttl, claimId, at, freeAt }
      if (await table.put(item, unclaimedAt(at))) return 'ours'
      const stored = await table.get({ pk: item.pk, sk: item.sk })
      if (stored?.claimId === claimId) return 'ours'
      return stored !== undefined && stored.freeAt === undefined ? 'taken' : 'held'
    },
    keep: async (runId, { notifier, key, at }) => {
      const ttl = await ttlOf(table, runId)
      await table.put({ ...noticeKey(runId, { notifier, key }), ttl, claimId: randomUUID(), at })
    },
    giveBack: async (runId, claim) => {
      await table.delete(noticeKey(runId, claim))
    },
  }
}
