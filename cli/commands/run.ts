import { runScore } from '../../lib/domain/score.ts'
import { scoreText } from '../../lib/report/report-summary.ts'
import type { OtherTimes } from '../../lib/suite/other-times.ts'
import type { PartFlags } from '../../lib/suite/part-of-suite.ts'
import { sayer } from '../command.ts'
import { chooseCluster, type DrivenRun, driveNewRun } from '../drive-run.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { type RunFlags, withSession } from '../session.ts'
import { readSuite, type SuiteSource, seedOf, type VariableFlags, withSuiteFlags } from '../suite-file.ts'
import { printRunJson, type Telling, tellRun } from '../tell-run.ts'
import { print, type Terminal } from '../terminal.ts'

/** `faultline run [SUITE]`: starts the run and drives it to its end. */
export async function runSuite(
  named: string | undefined,
  flags: RunFlags & OtherTimes & VariableFlags & PartFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  return runParsed(await readSuite(named, flags, terminal), flags, terminal)
}

/** What a pipeline asks of a run beside its verdict: nothing of one that is no success anyhow. */
function judgeScore({ code, record }: DrivenRun, least: number | undefined): { readonly code: ExitCode; readonly tooLow: string | null } {
  if (least === undefined || code !== exitCodes.succeeded) return { code, tooLow: null }
  const score = runScore(record.run.steps)
  if (score !== null && score >= least) return { code, tooLow: null }
  const found = score === null ? 'there is none: no probe was asked' : `it is ${scoreText(score)}`
  return { code: exitCodes.notSucceeded, tooLow: `--min-score ${least} asks for a higher resilience score: ${found}` }
}

/** As `runSuite`, of a suite that was read already. */
export function runParsed(source: SuiteSource, flags: RunFlags, terminal: Terminal): Promise<ExitCode> {
  const { suite, warnings } = withSuiteFlags(source, flags)
  for (const warning of warnings) sayer(flags, terminal)(`warning: ${warning}`)
  return withSession(flags, terminal, async (session) => {
    const chosen = await chooseCluster(session, suite.namespace)
    const driven = await driveNewRun(session, { chosen, suite, seed: seedOf(flags), files: flags.report ?? [] })
    return tellDriven(session, driven, flags)
  })
}

/** Says how a run was left, and what a pipeline is told of it. */
export function tellDriven(
  telling: Telling,
  driven: DrivenRun,
  { json, minScore }: { readonly json?: boolean; readonly minScore?: number },
): ExitCode {
  const { tooLow, code } = judgeScore(driven, minScore)
  if (json === true) printRunJson(telling, { ...driven, code })
  else tellRun(telling, driven)
  if (tooLow !== null && json !== true) print(telling.terminal.out, tooLow)
  return code
}
