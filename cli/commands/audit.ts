import type { AuditEntry } from '../../lib/domain/audit.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { auditLine } from '../../lib/report/audit-line.ts'
import { auditTable } from '../../lib/report/audit-table.ts'
import { printJson, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { print, type Terminal } from '../terminal.ts'

export interface AuditFlags extends WorkFlags {
  readonly since?: string
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `faultline audit`: who did what in this state directory, oldest first; with `--json` one entry a line. */
export function audit(flags: AuditFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store, clock }) => {
    const since = flags.since === undefined ? undefined : timeOf(flags.since, clock.now())
    return tellAudit(await store.audit.list(since === undefined ? {} : { since }), { ...flags, where: `in ${flags.state}` }, terminal)
  })
}

/** Prints the trail, as a table or one entry a line. */
export function tellAudit(
  entries: readonly AuditEntry[],
  { json, since, where }: Pick<AuditFlags, 'json' | 'since'> & { readonly where: string },
  terminal: Terminal,
): ExitCode {
  if (json === true) for (const entry of entries) printJson(terminal, auditLine(entry))
  else if (entries.length === 0) print(terminal.out, `nothing was done ${where}${since === undefined ? '' : ` since ${since}`}`)
  else for (const row of auditTable(entries)) print(terminal.out, row)
  return exitCodes.succeeded
}

/** A time of RFC 3339, a date (its midnight in UTC), or so long ago. @throws FaultlineError `bad_input` for anything else */
export function timeOf(text: string, now: number): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (amount !== '') return now - Number(amount) * (unitMs[unit] ?? 0)
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new FaultlineError('bad_input', `--since: expected 2026-01-05, 2026-01-05T09:00:00Z, 90m, 24h or 7d, found "${text}"`)
}
