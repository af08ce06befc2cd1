import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { checkConfirmed, confirmedOrTyped, howToApprove, waitingLines } from '../approving.ts'
import { printJson, sayer } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { Questions } from '../questions.ts'
import type { Terminal } from '../terminal.ts'
import { type AwsFlags, findInstallation } from './installation.ts'
import { fetchRecord } from './looking.ts'

export interface RemoteApproveFlags extends AwsFlags {
  readonly aws: string
  readonly json?: boolean
  readonly why?: string
  readonly confirm?: string
}

/** `faultline approve RUN --aws STAGE`: another function drives what was approved. */
export async function approve(wanted: string, flags: RemoteApproveFlags, terminal: Terminal): Promise<ExitCode> {
  const say = sayer(flags, terminal)
  const installation = await findInstallation(flags.aws, flags, terminal)
  const { run } = await fetchRecord(installation, wanted)
  if (run.status !== 'awaiting_approval')
    throw new FaultlineError('refused', `run ${run.id} is ${run.status}: nothing of it waits for approval`)
  checkConfirmed(flags.confirm, run.namespace)
  for (const line of waitingLines(run)) say(line)
  const why = await confirmedOrTyped(run, flags, { terminal, questions: new Questions(terminal, false) })
  if (why === null) {
    say(`nothing was approved: run ${run.id} waits on; "${howToApprove(run, ` --aws ${installation.name}`)}" asks again`)
    return exitCodes.refused
  }
  const answer = await installation.ask('approve', { run: run.id, plan: run.request.plan, why: flags.why ?? why })
  if (flags.json === true)
    printJson(terminal, { run: run.id, state: answer.state as Run['status'], plan: run.request.plan, by: answer.caller })
  else {
    say(`${installation.name}: ${answer.happened}`)
    say(`see it with "faultline show ${run.id} --aws ${installation.name}"`)
  }
  return exitCodes.succeeded
}
