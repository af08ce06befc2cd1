import { FaultlineError } from '../../lib/domain/errors.ts'
import { approveRun } from '../../lib/engine/approve.ts'
import { actorOn } from '../actor.ts'
import { checkConfirmed, confirmedOrTyped, waitingLines } from '../approving.ts'
import { driveApproved } from '../drive-run.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { Questions } from '../questions.ts'
import { type RunFlags, withSession } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { tellDriven } from './run.ts'

export interface ApproveFlags extends RunFlags {
  readonly why?: string
}

/** `faultline approve RUN`: says yes to what the run waits for, and drives it on from here. */
export function approve(wanted: string, flags: ApproveFlags, terminal: Terminal): Promise<ExitCode> {
  return withSession(flags, terminal, async (session) => {
    const { composition, say, interrupts } = session
    const run = await findRun(composition.store, wanted, { terminal, json: flags.json, live: true })
    if (run.status !== 'awaiting_approval')
      throw new FaultlineError('refused', `run ${run.id} is ${run.status}: nothing of it waits for approval`)
    checkConfirmed(flags.confirm, run.namespace)
    for (const line of waitingLines(run)) say(line)
    const engine = composition.engine(run.cluster)
    const who = await actorOn({ ref: run.cluster, cluster: await engine.connect(run.cluster) })
    const asked = confirmedOrTyped(run, flags, { terminal, questions: new Questions(terminal, false) })
    const why = await interrupts.orInterrupted(asked)
    if (why === null || why === undefined) {
      say(`nothing was approved: run ${run.id} waits on; "faultline abort ${run.id}" ends it`)
      return exitCodes.refused
    }
    const approved = await approveRun(engine, run.id, { who, plan: run.request.plan, why: flags.why ?? why })
    return tellDriven(session, await driveApproved(session, approved, flags.report ?? []), flags)
  })
}
