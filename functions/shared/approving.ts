import { actorText } from '../../lib/domain/actor.ts'
import { shortPlan, toApproveText } from '../../lib/domain/approval.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { approveRun } from '../../lib/engine/approve.ts'
import { handOverAtOnce } from '../../lib/engine/lease/hand-over.ts'
import { isoSeconds } from '../../lib/time.ts'
import { type Answer, runLine } from './answers.ts'
import { actorOf } from './caller.ts'
import type { Invocation } from './compose.ts'
import type { ApproveInput } from './inputs.ts'

/** Without `plan` it only says what would be done; with it, that plan is approved, and another function drives it. */
export async function approve({ run: id, plan, by, why }: ApproveInput, invocation: Invocation): Promise<Answer> {
  const run = await invocation.store.runs.load(id)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${id}; "status" of look lists them`)
  if (run.status === 'awaiting_approval' && plan === undefined) {
    const said = shortPlan(run.request.plan)
    return {
      happened: `nothing: run ${id} waits for approval of plan ${said} until ${isoSeconds(run.expiresAt)}`,
      next: `read what it would do; {"run":"${id}","plan":"${said}"} approves it`,
      plan: said,
      would: run.request.steps.map(toApproveText),
      ...runLine(run),
    }
  }
  const engine = invocation.engine(run.cluster)
  const who = actorOf(invocation, by)
  const approved = await approveRun(engine, id, { who, why, plan: plan ?? '' })
  const handed = await handOverAtOnce(engine, approved, invocation.budget)
  return {
    happened: `${actorText(who)} approved plan ${shortPlan(approved.approvals?.at(-1)?.plan ?? '')} of run ${id}; another function drives it`,
    next: `ask look for {"action":"status","run":"${id}"}`,
    ...runLine(handed),
  }
}
