import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { Invocation } from './compose.ts'
import { log } from './log.ts'

/** Puts the reports of a run that is over into the bucket, if there is one. What goes wrong is told in the log; the run is over all the same. */
export async function report(run: Run, { reports, store }: Invocation): Promise<void> {
  if (reports === null || !isEnded(run)) return
  try {
    const { publishReports } = await import('../../lib/report/publish.ts')
    const { recordOf } = await import('../../lib/report/record.ts')
    // A presigned link opens for everyone who has it, and logs are read by more people than reports.
    const link = await publishReports(reports, await recordOf(store, run))
    log('info', 'reports are written', { run: run.id, report: link.replace(/[?#].*$/, '') })
  } catch (error) {
    log('error', `the reports could not be written: ${error instanceof Error ? error.message : String(error)}`, { run: run.id })
  }
}

/** The same for a run whose driver may have died before it could. */
export async function reportIfMissing(run: Run, invocation: Invocation): Promise<void> {
  if (invocation.reports === null) return
  const { hasPage } = await import('../../lib/report/link.ts')
  const isThere = await hasPage(invocation.reports, run.id).catch((error: unknown) => {
    log('error', error instanceof Error ? error.message : String(error), { run: run.id })
    return true
  })
  if (!isThere) await report(run, invocation)
}
