import pLimit from 'p-limit'
import type { Control } from '../../lib/domain/control.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { isEnded, type Run } from '../../lib/domain/run.ts'
import type { Clock } from '../../lib/ports.ts'
import type { RecordPart } from '../../lib/remote/interface.ts'
import type { AuditLine } from '../../lib/report/audit-line.ts'
import type { RunRow } from '../../lib/report/run-row.ts'
import type { Installation } from '../remote/installation.ts'
import { RecordReader } from '../remote/looking.ts'
import type { BoardSource } from './source.ts'

/** A look at all is one answer of a function; of each run that is listed, one more, once. */
const pauseMs = 2_000
/** Lambda starts that many at once without a wait, and a page needs no more. */
const sideBySide = 5
/** Of runs that are over, figures of so many are asked for. */
const mostRuns = 60
/** What a list of runs asks of each: its state, not its history and answers. */
const onlyTheRun = { history: Number.MAX_SAFE_INTEGER, samples: Number.MAX_SAFE_INTEGER, ledger: null }

/** An installation on AWS, through the functions that people use there; who may halt is its IAM's matter. */
export function remoteSource(installation: Installation, clock: Clock): BoardSource {
  const ended = new Map<string, Run>()
  const readers = new Map<string, RecordReader>()
  const limit = pLimit(sideBySide)
  const runOf = async ({ run: id, state }: RunRow): Promise<Run> => {
    const known = ended.get(id)
    if (known?.status === state) return known
    const { record } = await installation.ask('look', { action: 'record', run: id, known: onlyTheRun })
    const { run } = record as RecordPart
    if (isEnded(run)) ended.set(id, run)
    return run
  }
  const rows = async (most: number) => (await installation.ask('look', { action: 'runs', limit: most })).runs as readonly RunRow[]
  const runsOf = (some: readonly RunRow[]) => Promise.all(some.map((row) => limit(runOf, row)))
  return {
    name: `installation ${installation.name}`,
    pauseMs,
    now: () => clock.now(),
    // A list leaves out older runs that are over, and none that is live.
    live: async () => runsOf((await rows(1)).filter(({ endedAt }) => endedAt === null)),
    runs: async (most) => runsOf((await rows(Math.min(most, mostRuns))).slice(0, mostRuns)),
    async record(id) {
      const reader = readers.get(id) ?? new RecordReader(installation, id)
      try {
        const record = await reader.next()
        if (isEnded(record.run)) readers.delete(id)
        else readers.set(id, reader)
        return record
      } catch (error) {
        if (error instanceof FaultlineError && error.code === 'not_found') return undefined
        throw error
      }
    },
    halted: async () => ((await installation.ask('look', { action: 'status' })).halt ?? null) as Control | null,
    async halt(why) {
      await installation.ask('halt', { why })
    },
    async resume(why) {
      await installation.ask('resume', { why })
    },
    audit: async () => ((await installation.ask('look', { action: 'audit' })).entries as readonly AuditLine[]).toReversed(),
    async abort(run, why) {
      await installation.ask('control', { action: 'abort', run, why })
    },
  }
}
