import { pauseSuite, unpauseSuite } from '../../lib/engine/switches.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { osActor } from '../owner.ts'
import { suiteNameOf, type VariableFlags } from '../suite-file.ts'
import type { Terminal } from '../terminal.ts'
import { switching } from './halt.ts'

export interface PauseFlags extends WorkFlags, VariableFlags {
  readonly why: string
}

/** `faultline pause SUITE`: no run of that suite starts until `faultline unpause SUITE`; a live one goes on. As of the control function. */
export async function pause(named: string, flags: PauseFlags, terminal: Terminal): Promise<ExitCode> {
  const suite = await suiteNameOf(named, flags, terminal)
  return withComposition(flags, terminal, async (composition) => {
    const { word } = await pauseSuite(switching(composition), suite, osActor(), flags.why)
    const { by } = word
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
export async function unpause(named: string, flags: PauseFlags, terminal: Terminal): Promise<ExitCode> {
  const suite = await suiteNameOf(named, flags, terminal)
  return withComposition(flags, terminal, async (composition) => {
    const lifted = await unpauseSuite(switching(composition), suite, osActor(), flags.why)
    if (flags.json === true) printJson(terminal, { suite, paused: false, lifted })
    else {
      const what = lifted === null ? 'was not paused' : `was paused by ${lifted.by} (${lifted.why})`
      sayer(flags, terminal)(`suite "${suite}" ${what}; its runs may start`)
    }
    return exitCodes.succeeded
  })
}
