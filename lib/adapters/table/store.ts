import type { Clock, Store } from '../../ports.ts'
import { type AuditAccess, amongItems, createAuditStore } from './audit.ts'
import { createControlStore } from './controls.ts'
import { createLedgerStore } from './ledger.ts'
import { createLockStore } from './locks.ts'
import { createNoticeStore } from './notices.ts'
import { createRunStore } from './runs.ts'
import { createSampleStore } from './samples.ts'
import type { TableAccess } from './table-access.ts'
import { createTotalsStore } from './totals.ts'

/** All stores over one table, whichever technology keeps it. */
export function createTableStore({
  table,
  clock,
  audit = amongItems(table),
  close,
}: {
  readonly table: TableAccess
  readonly clock: Clock
  /** Where the audit trail is; in the table itself when left out. */
  readonly audit?: AuditAccess
  close(): Promise<void>
}): Store {
  return {
    runs: createRunStore(table, clock),
    ledger: createLedgerStore(table, clock),
    locks: createLockStore(table),
    controls: createControlStore(table),
    notices: createNoticeStore(table),
    totals: createTotalsStore(table),
    samples: createSampleStore(table),
    audit: createAuditStore(audit),
    close,
  }
}
