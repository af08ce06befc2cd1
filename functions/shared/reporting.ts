import type { Run } from '../../lib/domain/run.ts'
import type { ReportStore, Store } from '../../lib/ports.ts'
import { log } from './log.ts'

/**
 * Puts the reports of a run that is over into the bucket, unless its driver did.
 * @throws FaultlineError when the bucket does not take them; the next reaper tries again
 */
export async function leaveReports(reports: ReportStore, store: Pick<Store, 'ledger' | 'samples'>, run: Run): Promise<void> {
  const { hasPage } = await import('../../lib/report/link.ts')
  if (await hasPage(reports, run.id)) return
  const { publishReports } = await import('../../lib/report/publish.ts')
  const { recordOf } = await import('../../lib/report/record.ts')
  const link = await publishReports(reports, await recordOf(store, run))
  // A presigned link opens for everyone who has it, and logs are read by more people than reports.
  log('info', 'reports are written', { run: run.id, report: link.replace(/[?#].*$/, '') })
}
