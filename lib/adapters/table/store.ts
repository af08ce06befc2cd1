import type { Clock, Store } from '../../ports.ts'
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
  close,
}: {
  readonly table: TableAccess
  readonly clock: Clock
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
    close,
  }
}
