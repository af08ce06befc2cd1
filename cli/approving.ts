import { type Actor, actorText } from '../lib/domain/actor.ts'
import { hitsText, shortPlan, toApproveText } from '../lib/domain/approval.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { Awaiting } from '../lib/domain/run.ts'
import { clusterText } from '../lib/report/cluster-text.ts'
import { dateAndTime } from '../lib/report/durations.ts'
import type { Questions } from './questions.ts'
import type { Terminal } from './terminal.ts'

/** What a person who may approve is told of a run that waits; also `show` and the end of `run` say it. */
export function waitingLines(run: Awaiting): readonly string[] {
  const { request, expiresAt, before } = run
  const when = before === null ? 'before it begins' : `before step ${before + 1}, as what would be done has changed`
  return [
    `run ${run.id} waits for approval ${when}, until ${dateAndTime(expiresAt)}:`,
    `  suite ${run.suite.name}, namespace ${run.namespace} on ${clusterText(run.cluster)}, started by ${run.trigger.by}`,
    ...request.steps.map((step) =>
      step.why.length > 0
        ? `  ! ${toApproveText(step)}`
        : `    ${step.name}: ${step.fault} for ${step.durationMs / 1000} s on ${hitsText(step)}`,
    ),
    `  plan ${shortPlan(request.plan)}`,
  ]
}

/** How another person, or a script, approves it. */
export function howToApprove(run: Awaiting, where = ''): string {
  return `faultline approve ${run.id}${where}`
}

/** `--confirm` names the place whose run it says yes to, as a person types it; another one is a mistake. @throws FaultlineError `bad_input` */
export function checkConfirmed(confirm: string | undefined, namespace: string): void {
  if (confirm === undefined || confirm === namespace) return
  throw new FaultlineError('bad_input', `--confirm names ${confirm}, and the run is of namespace ${namespace}: nothing was touched`)
}

/** What a run ends with that waits where no person can be asked. */
export function notAsked({ namespace }: Awaiting): string {
  return `it takes approval, and there is no terminal to ask at: "--confirm ${namespace}" approves what it would do there`
}

/**
 * How a person at this terminal, or the flag, says yes; null: no. An empty line, another word and an end of input are a no.
 * @throws FaultlineError `refused` where there is neither flag nor terminal
 */
export async function confirmedOrTyped(
  run: Awaiting,
  { confirm, json }: { readonly confirm?: string; readonly json?: boolean },
  { terminal, questions }: { readonly terminal: Pick<Terminal, 'isLive'>; readonly questions: Questions },
): Promise<string | null> {
  if (confirm !== undefined) return `--confirm ${confirm}`
  if (!terminal.isLive || json === true) throw new FaultlineError('refused', notAsked(run))
  const typed = await questions.typed(`Type ${run.namespace} to approve it, anything else to refuse: `)
  return typed === run.namespace ? 'namespace typed at the terminal' : null
}

/** Whether the configuration wants another person than the one who started the run. */
export function takesAnother(run: Awaiting, secondPerson: readonly string[]): boolean {
  return run.trigger.kind === 'manual' && secondPerson.includes('approve')
}

/** What a run ends with that a person said no to. */
export function declinedBy(who: Actor): string {
  return `${actorText(who)} did not approve it`
}
