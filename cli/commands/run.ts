import type { OtherTimes } from '../../lib/suite/other-times.ts'
import { sayer } from '../command.ts'
import { chooseCluster, driveNewRun } from '../drive-run.ts'
import type { ExitCode } from '../exit-codes.ts'
import { type RunFlags, withSession } from '../session.ts'
import { readSuite, type SuiteSource, seedOf, type VariableFlags, withSuiteFlags } from '../suite-file.ts'
import { printRunJson, tellRun } from '../tell-run.ts'
import type { Terminal } from '../terminal.ts'

/** `faultline run [SUITE]`: starts the run and drives it to its end. */
export async function runSuite(
  named: string | undefined,
  flags: RunFlags & OtherTimes & VariableFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  return runParsed(await readSuite(named, flags, terminal), flags, terminal)
}

/** As `runSuite`, of a suite that was read already. */
export function runParsed(source: SuiteSource, flags: RunFlags, terminal: Terminal): Promise<ExitCode> {
  const { suite, warnings } = withSuiteFlags(source, flags)
  for (const warning of warnings) sayer(flags, terminal)(`warning: ${warning}`)
  return withSession(flags, terminal, async (session) => {
    const chosen = await chooseCluster(session, suite.namespace)
    const driven = await driveNewRun(session, { chosen, suite, seed: seedOf(flags), files: flags.report ?? [] })
    if (flags.json === true) printRunJson(session, driven)
    else tellRun(session, driven)
    return driven.code
  })
}
