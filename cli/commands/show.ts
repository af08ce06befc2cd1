import { type RunRecord, reportDocument } from '../../lib/report/document.ts'
import { recordOf } from '../../lib/report/record.ts'
import { textReport } from '../../lib/report/text.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { printText, type Terminal } from '../terminal.ts'

/** `faultline show RUN`: state, steps, ledger with evidence, and history of a run, also of one under way. */
export function showRun(wanted: string, flags: WorkFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store }) => {
    const record = await recordOf(store, await findRun(store, wanted, { terminal, json: flags.json }))
    return tellRecord(record, flags, terminal)
  })
}

/** All that is known of a run. */
export function tellRecord(record: RunRecord, flags: { readonly json?: boolean }, terminal: Terminal): ExitCode {
  if (flags.json === true) printJson(terminal, reportDocument(record))
  else printText(terminal.out, textReport(record))
  return exitCodes.succeeded
}
