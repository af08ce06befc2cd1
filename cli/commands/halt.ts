import { isEnded } from '../../lib/domain/run.ts'
import { haltAll, resumeAll, type Switching } from '../../lib/engine/switches.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import type { Composition } from '../compose.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { osActor } from '../owner.ts'
import { unfinishedRuns } from '../reaping.ts'
import type { Terminal } from '../terminal.ts'

export interface HaltFlags extends WorkFlags {
  readonly why: string
}

/** `faultline halt`: every run of this state directory reverts, and none starts until `faultline resume`; as the function `halt` on AWS. */
export function halt(flags: HaltFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const say = sayer(flags, terminal)
    const { word, isAudited } = await haltAll(switching(composition), osActor(), flags.why)
    const { by } = word
    if (!isAudited) say('its entry in the audit trail could not be written; "faultline reap" does it')
    const live = (await unfinishedRuns(composition)).filter((run) => !isEnded(run))
    if (flags.json === true)
      printJson(terminal, { halted: true, by, why: flags.why, live: live.map((run) => ({ run: run.id, state: run.status })) })
    else {
      say(`everything in ${flags.state} is halted by ${by}: ${live.length} live runs revert now, and none starts`)
      for (const run of live) say(`run ${run.id}: ${run.status}`)
      say('runs may start again after "faultline resume"; a run without a driver is undone by "faultline reap"')
    }
    return exitCodes.succeeded
  })
}

/** What a switch takes of a composition. */
export function switching({ store, clock, engine }: Composition): Switching {
  const { notifiers, config } = engine({ simulated: false })
  return { store, clock, notifiers, config }
}

/** `faultline resume`: lifts the halt. What was halted is not started anew. */
export function resume(flags: HaltFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const lifted = await resumeAll(switching(composition), osActor(), flags.why)
    if (flags.json === true) printJson(terminal, { halted: false, lifted })
    else {
      const what = lifted === null ? 'nothing was halted' : `the halt by ${lifted.by} (${lifted.why}) is lifted`
      sayer(flags, terminal)(`${what}; runs may start, what was halted is not started anew`)
    }
    return exitCodes.succeeded
  })
}
