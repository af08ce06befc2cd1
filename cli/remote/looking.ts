import { systemClock } from '../../lib/adapters/system-clock.ts'
import type { RecordPart } from '../../lib/remote/interface.ts'
import { knownOf, nothingKnown, withPart } from '../../lib/remote/record-part.ts'
import { type AuditLine, entryOfLine } from '../../lib/report/audit-line.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import type { RunRow } from '../../lib/report/run-row.ts'
import { printJson } from '../command.ts'
import { type AuditFlags, tellAudit, timeOf } from '../commands/audit.ts'
import { reportFrom } from '../commands/report.ts'
import { type RunsFlags, tellRuns } from '../commands/runs.ts'
import { tellRecord } from '../commands/show.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { ReportFlags } from '../flags.ts'
import { print, type Terminal } from '../terminal.ts'
import { type AwsFlags, findInstallation, type Installation } from './installation.ts'

type Flags = AwsFlags & { readonly aws: string; readonly json?: boolean }

/** `faultline runs --aws STAGE`. */
export async function listRuns(flags: Flags & RunsFlags, terminal: Terminal): Promise<ExitCode> {
  const { suite, limit } = flags
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('look', { action: 'runs', limit, ...(suite === undefined ? {} : { suite }) })
  const runs = answer.runs as readonly RunRow[]
  if (flags.json === true) printJson(terminal, { runs })
  else tellRuns(runs, { wide: flags.wide === true, none: `no runs yet of ${flags.aws}` }, terminal)
  return exitCodes.succeeded
}

/** `faultline audit --aws STAGE`: the whole trail from a time on, however many answers it takes. */
export async function audit(flags: Flags & AuditFlags, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const found = new Map<string, AuditLine>()
  let since = new Date(flags.since === undefined ? 0 : timeOf(flags.since, systemClock.now())).toISOString()
  for (let more: unknown = true; more === true; ) {
    const answer = await installation.ask('look', { action: 'audit', since })
    const lines = answer.entries as readonly AuditLine[]
    const before = found.size
    for (const line of lines) found.set(`${line.at} ${line.id}`, line)
    since = lines.at(-1)?.at ?? since
    more = answer.more === true && found.size > before
  }
  return tellAudit([...found.values()].map(entryOfLine), { ...flags, where: `of ${flags.aws}` }, terminal)
}

/** `faultline show RUN --aws STAGE`. */
export async function showRun(wanted: string, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  return tellRecord(await namedRecord(await findInstallation(flags.aws, flags, terminal), wanted, terminal), flags, terminal)
}

/** `faultline report RUN --aws STAGE`. */
export function writeReport(wanted: string, flags: Flags & ReportFlags, terminal: Terminal): Promise<ExitCode> {
  const read = async () => namedRecord(await findInstallation(flags.aws, flags, terminal), wanted, terminal)
  return reportFrom(read, flags, terminal)
}

/** The record of the run that a person means; the terminal is told which one `latest` is. */
async function namedRecord(installation: Installation, wanted: string, terminal: Pick<Terminal, 'err'>): Promise<RunRecord> {
  const record = await fetchRecord(installation, wanted)
  if (wanted === 'latest') print(terminal.err, `latest is ${record.run.id} (${record.run.status.replaceAll('_', ' ')})`)
  return record
}

/** The whole record of a run, in as many parts as it takes. */
export async function fetchRecord(installation: Installation, wanted: string): Promise<RunRecord> {
  const asking = new RecordReader(installation, wanted)
  return asking.next()
}

/** Reads a record again and again; of each time only what is new travels. */
export class RecordReader {
  readonly #installation: Installation
  readonly #wanted: string
  #record: RunRecord | null = null
  #known = nothingKnown

  constructor(installation: Installation, wanted: string) {
    this.#installation = installation
    this.#wanted = wanted
  }

  /** The record as it is now. */
  async next(): Promise<RunRecord> {
    for (;;) {
      const run: string = this.#record?.run.id ?? this.#wanted
      const part = (await this.#installation.ask('look', { action: 'record', run, known: this.#known })).record as RecordPart
      this.#record = withPart(this.#record, part)
      this.#known = knownOf(this.#record, part.ledger)
      if (!part.more) return this.#record
    }
  }
}
