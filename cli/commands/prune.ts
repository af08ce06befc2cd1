import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isEnded, type ListedRun } from '../../lib/domain/run.ts'
import { counted } from '../../lib/domain/text.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

export interface PruneFlags extends WorkFlags {
  /** Days. */
  readonly olderThan: number
  /** Of each suite, the newest so many stay however old they are. */
  readonly keep: number
  readonly dryRun?: boolean
}

const dayMs = 86_400_000

/**
 * `faultline prune`: old runs that are over, and their reports, go; also reports whose run the ledger no longer has. What a run is that may
 * go the store decides: none that is live, nor one whose end was not told yet.
 */
export function prune(flags: PruneFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async ({ store, stateDir, clock }) => {
    const before = clock.now() - flags.olderThan * dayMs
    const runs = await store.runs.list()
    const old = tooOld(runs, before, flags.keep)
    const removed: string[] = []
    for (const { id } of old) if (flags.dryRun === true || (await store.runs.remove(id))) removed.push(id)
    const kept = new Set(runs.map(({ id }) => id).filter((id) => !removed.includes(id)))
    const reports = await oldReports(join(stateDir, 'reports'), { before, removed: new Set(removed), kept })
    if (flags.dryRun !== true) await Promise.all(reports.map((file) => rm(file, { force: true })))
    if (flags.json === true) printJson(terminal, { dryRun: flags.dryRun === true, runs: removed, reports })
    else {
      const what = `${counted(removed.length, 'run')} and ${counted(reports.length, 'report')} older than ${counted(flags.olderThan, 'day')}`
      sayer(flags, terminal)(flags.dryRun === true ? `would remove ${what}` : `removed ${what}`)
    }
    return exitCodes.succeeded
  })
}

/** Ended before that time, and not among the newest of its suite. */
function tooOld(runs: readonly ListedRun[], before: number, keep: number): readonly ListedRun[] {
  const seen = new Map<string, number>()
  return runs.filter((run) => {
    const place = seen.get(run.suite.name) ?? 0
    seen.set(run.suite.name, place + 1)
    return isEnded(run) && run.endedAt < before && place >= keep
  })
}

/** Report files of runs that go, and old ones of runs that are gone; what is named otherwise is none of ours. */
async function oldReports(
  directory: string,
  { before, removed, kept }: { readonly before: number; readonly removed: ReadonlySet<string>; readonly kept: ReadonlySet<string> },
): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  const found = await Promise.all(
    names.map(async (name) => {
      const [, id = ''] = /^(.+)\.(?:txt|json|html)$/.exec(name) ?? []
      if (!/-[a-z0-9]{8}$/.test(id) || kept.has(id)) return []
      const file = join(directory, name)
      return removed.has(id) || (await stat(file)).mtimeMs < before ? [file] : []
    }),
  )
  return found.flat()
}
