import type { Run } from '../../lib/domain/run.ts'
import { type Difference, differencesOf } from '../../lib/report/differences.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { recordOf } from '../../lib/report/record.ts'
import { table } from '../../lib/report/table.ts'
import { withComposition } from '../command.ts'
import { type DrivenRun, driveNewRun, prepared } from '../drive-run.ts'
import type { ExitCode } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { type RunFlags, type Session, withSession } from '../session.ts'
import { type SuiteSource, withSuiteFlags } from '../suite-file.ts'
import { printRunJson, tellRun } from '../tell-run.ts'
import type { Terminal } from '../terminal.ts'
import { planParsed } from './plan.ts'

export interface ReplayFlags extends RunFlags {
  readonly dryRun?: boolean
}

/** `faultline replay RUN`: the same suite, seed and rule of choice, on what is there now; says what is different. */
export async function replay(wanted: string, flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> {
  if (flags.dryRun === true) return planAgain(wanted, flags, terminal)
  return withSession(flags, terminal, async (session) => {
    const { composition, say } = session
    const before = await findRun(composition.store, wanted, { terminal, json: flags.json })
    const { suite } = withSuiteFlags(sourceOf(before), flags)
    const chosen = await prepared(session, suite.namespace, () => composition.clusters.chooseAgain(before.cluster))
    say(`again: run ${before.id} (${before.status}), seed ${flags.seed ?? before.seed}`)
    const driven = await driveNewRun(session, { chosen, suite, seed: flags.seed ?? before.seed, files: flags.report ?? [] })
    return tell(session, driven, differencesOf(reportDocument(await recordOf(composition.store, before)), reportDocument(driven.record)))
  })
}

async function planAgain(wanted: string, flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> {
  const before = await withComposition(flags, terminal, ({ store }) => findRun(store, wanted, { terminal, json: flags.json }))
  return planParsed(sourceOf(before), { ...flags, seed: flags.seed ?? before.seed }, terminal)
}

/** The suite as the run had it, whatever has become of the file since. */
function sourceOf({ id, suite, cluster }: Run): SuiteSource {
  return { parsed: { ok: true, suite, warnings: [] }, file: `run ${id}`, cluster }
}

function tell(session: Session, driven: DrivenRun, differences: readonly Difference[]): ExitCode {
  const { flags, say } = session
  if (flags.json === true) {
    printRunJson(session, driven, { differences })
    return driven.code
  }
  tellRun(session, driven)
  say('')
  const rows = differences.map(({ of, what, before, now }) => [of, what, before, now])
  for (const text of rows.length === 0 ? ['nothing is different from before'] : table(['of', 'different', 'before', 'now'], rows)) say(text)
  return driven.code
}
