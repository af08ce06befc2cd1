import { actorText, known } from '../../lib/domain/actor.ts'
import { resolveRun } from '../../lib/engine/control.ts'
import { recordOf } from '../../lib/report/record.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { osActor } from '../owner.ts'
import { writeReports } from '../reports.ts'
import type { Terminal } from '../terminal.ts'

export interface ResolveFlags extends WorkFlags {
  readonly by: string
  readonly why: string
  readonly force?: boolean
}

/** `faultline resolve RUN --by --why`: a person takes the word for an undo that can never be proven; the run ends `failed`. */
export function resolve(wanted: string, flags: ResolveFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const say = sayer(flags, terminal)
    const found = await findRun(composition.store, wanted, { terminal, json: flags.json, live: true })
    const who = known(osActor(), flags.by)
    const run = await resolveRun(composition.engine(found.cluster), found.id, {
      who,
      why: flags.why,
      force: flags.force === true,
    })
    await writeReports(await recordOf(composition.store, run), { stateDir: composition.stateDir, warn: say })
    if (flags.json === true) printJson(terminal, { run: run.id, state: run.status, by: actorText(who), why: flags.why })
    else {
      say(`run ${run.id} is over: ${run.status} (unproven), as ${actorText(who)} decided`)
      say('"faultline reap" removes what still bears its label in the cluster, its beacon included')
    }
    return exitCodes.succeeded
  })
}
