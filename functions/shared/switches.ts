import { actorText } from '../../lib/domain/actor.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { haltAll, resumeAll, type Switching } from '../../lib/engine/switches.ts'
import { type Answer, listedLine } from './answers.ts'
import { actorOf } from './caller.ts'
import type { Invocation } from './compose.ts'
import type { SwitchInput } from './inputs.ts'
import { log } from './log.ts'

/** What a person reads in a console; an answer of a function is 6 MB at most. */
export const recentRuns = 10

/** Every driver sees it within seconds. Once it is stored nothing fails any more: a second try might halt again what a person resumed meanwhile. */
export async function halt({ by, why }: SwitchInput, invocation: Invocation): Promise<Answer> {
  const { store } = invocation
  const { word, isAudited } = await haltAll(switching(invocation), actorOf(invocation, by), why)
  if (!isAudited) log('error', 'the entry of the halt in the audit trail is still to be written: the reaper does it', { function: 'halt' })
  const next = 'ask control for the status; the function resume lets runs start again'
  const halted = `everything is halted by ${word.by}`
  try {
    const live = (await store.runs.list({ limit: recentRuns })).filter((run) => !isEnded(run))
    return { happened: `${halted}: ${live.length} live runs revert now, and none starts`, next, runs: live.map(listedLine) }
  } catch (error) {
    const { message } = error as Error
    log('error', `the runs could not be listed: ${message}`, { function: 'halt' })
    return { happened: `${halted}: live runs revert now, and none starts; which are live could not be listed: ${message}`, next }
  }
}

/** What a switch takes of an invocation. */
export function switching({ store, clock, engine }: Invocation): Switching {
  const { notifiers, config } = engine({ simulated: false })
  return { store, clock, notifiers, config }
}

/** Runs may start again; those that were halted stay so. */
export async function resume({ by, why }: SwitchInput, invocation: Invocation): Promise<Answer> {
  const who = actorOf(invocation, by)
  await resumeAll(switching(invocation), who, why)
  return {
    happened: `${actorText(who)} lifted the halt`,
    next: 'runs may start again; what was halted is not started anew',
  }
}
