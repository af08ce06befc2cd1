import { wordOf } from '../../lib/engine/control.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { osActor } from '../owner.ts'
import { suiteNameOf, type VariableFlags } from '../suite-file.ts'
import type { Terminal } from '../terminal.ts'

export interface PauseFlags extends WorkFlags, VariableFlags {
  readonly why: string
}

/** `faultline pause SUITE`: no run of that suite starts until `faultline unpause SUITE`; a live one goes on. As of the control function. */
export async function pause(named: string, flags: PauseFlags, terminal: Terminal): Promise<ExitCode> {
  const suite = await suiteNameOf(named, flags, terminal)
  return withComposition(flags, terminal, async ({ store, clock }) => {
    const word = wordOf(osActor(), flags.why, clock.now())
    const { by } = word
    await store.controls.set({ kind: 'pause', suite }, word)
    if (flags.json === true) printJson(terminal, { suite, paused: true, by, why: flags.why })
    else
      sayer(
        flags,
        terminal,
      )(`suite "${suite}" in ${flags.state} is paused by ${by}: no run of it starts until "faultline unpause"; a live one goes on`)
    return exitCodes.succeeded
  })
}

/** `faultline unpause SUITE`: its runs may start again. */
export async function unpause(named: string, flags: WorkFlags & VariableFlags, terminal: Terminal): Promise<ExitCode> {
  const suite = await suiteNameOf(named, flags, terminal)
  return withComposition(flags, terminal, async ({ store }) => {
    const { pause: lifted } = await store.controls.read({ id: '-', suite })
    await store.controls.clear({ kind: 'pause', suite })
    if (flags.json === true) printJson(terminal, { suite, paused: false, lifted })
    else {
      const what = lifted === null ? 'was not paused' : `was paused by ${lifted.by} (${lifted.why})`
      sayer(flags, terminal)(`suite "${suite}" ${what}; its runs may start`)
    }
    return exitCodes.succeeded
  })
}
