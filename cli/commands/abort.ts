import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { abortRun } from '../../lib/engine/control.ts'
import { recordOf } from '../../lib/report/record.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import type { Composition } from '../compose.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { findRun } from '../find-run.ts'
import { osActor } from '../owner.ts'
import { giveUpAfterMs } from '../reaping.ts'
import { writeReports } from '../reports.ts'
import type { Terminal } from '../terminal.ts'

export interface AbortFlags extends WorkFlags {
  readonly why: string
  /** Seconds to wait for another driver to end it. */
  readonly wait: number
}

/** One read of the ledger; a person does not see the difference. */
const pollMs = 500

/** `faultline abort RUN`: everything the run injected is undone; by its driver, or here when it has none any more. */
export function abort(wanted: string, flags: AbortFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const say = sayer(flags, terminal)
    const found = await findRun(composition.store, wanted, { terminal, json: flags.json, live: true })
    const { run, driven } = await abortRun(
      composition.engine(found.cluster),
      found.id,
      { who: osActor(), why: flags.why },
      { giveUpAfterMs },
    )
    if (driven === 'elsewhere') say(`asked ${run.lease?.owner ?? 'its driver'} to abort run ${run.id}; it looks every few seconds`)
    const last = driven === 'elsewhere' ? await untilOver(composition, run, flags.wait) : run
    if (driven === 'here') await writeReports(await recordOf(composition.store, last), { stateDir: composition.stateDir, warn: say })
    const over = isEnded(last)
    if (flags.json === true) printJson(terminal, { run: last.id, state: last.status, driven, over })
    else
      say(
        over
          ? `run ${last.id} is over${driven === 'already_over' ? ' already' : ''}: ${last.status}`
          : `run ${last.id} is still ${last.status}: look again with "faultline show ${last.id}"`,
      )
    return over ? exitCodes.succeeded : exitCodes.unproven
  })
}

async function untilOver({ store, clock }: Composition, asked: Run, seconds: number): Promise<Run> {
  const giveUpAt = clock.now() + seconds * 1000
  for (;;) {
    const run = (await store.runs.load(asked.id)) ?? asked
    if (isEnded(run) || clock.now() >= giveUpAt) return run
    await clock.sleep(pollMs)
  }
}
