import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { type RunRecord, reportDocument } from '../../lib/report/document.ts'
import { type FormatName, formatNames, formatOfFile } from '../../lib/report/format-names.ts'
import { renderReport } from '../../lib/report/formats.ts'
import { recordOf } from '../../lib/report/record.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import type { ReportFlags } from '../flags.ts'
import { shortPath } from '../reports.ts'
import { print, type Terminal } from '../terminal.ts'

/** `faultline report RUN`: the report of a run in one format, to stdout or a file. */
export async function writeReport(wanted: string, flags: WorkFlags & ReportFlags, terminal: Terminal): Promise<ExitCode> {
  const read = () =>
    withComposition(flags, terminal, async ({ store }) => recordOf(store, await findRun(store, wanted, { terminal, json: flags.json })))
  return reportFrom(read, flags, terminal)
}

/** As `writeReport`, of a record from elsewhere; it is read once the flags are known to make sense. */
export async function reportFrom(
  read: () => Promise<RunRecord>,
  flags: ReportFlags & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const { output } = flags
  const format = formatFor(flags)
  const record = await read()
  if (output !== undefined) {
    await writeTo(output, renderReport(format, record))
    if (flags.json === true) printJson(terminal, { run: record.run.id, format, report: shortPath(output) })
    else print(terminal.out, `${format} report of ${record.run.id}: ${shortPath(output)}`)
  } else if (flags.json === true) printJson(terminal, reportDocument(record))
  else terminal.out.write(renderReport(format, record))
  return exitCodes.succeeded
}

function formatFor({ format, output, json }: ReportFlags & { readonly json?: boolean }): FormatName {
  if (json === true && output === undefined) {
    if (format === undefined || format === 'json') return 'json'
    throw new FaultlineError('bad_input', `--json prints one JSON document: give --output for a report as ${format}`)
  }
  const chosen = format ?? (output === undefined ? 'text' : formatOfFile(output))
  if (chosen !== undefined) return chosen
  const why = `the end of its name says no format, and no --format is given; formats: ${formatNames.join(', ')}`
  throw new FaultlineError('bad_input', `--output ${output}: ${why}`)
}

async function writeTo(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  } catch (error) {
    throw new FaultlineError('bad_input', `--output ${file} cannot be written: ${errorText(error)}`, { cause: error })
  }
}
