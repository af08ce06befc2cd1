import type { WorkFlags } from './command.ts'
import { sayer, withComposition } from './command.ts'
import type { Composition } from './compose.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { Interrupts } from './interrupts.ts'
import type { SuiteFlags } from './suite-file.ts'
import type { Terminal } from './terminal.ts'

/** Flags of every command that starts runs. */
export interface RunFlags extends WorkFlags, SuiteFlags {
  readonly id?: string
  readonly report?: readonly string[]
  /** Of 100; a run that succeeded with a lower resilience score, or with none, ends with 1. */
  readonly minScore?: number
  /** The namespace in which what takes an approval is approved without a question. */
  readonly confirm?: string
}

/** What a command works with that starts one run or several. */
export interface Session {
  readonly flags: RunFlags
  readonly terminal: Terminal
  readonly composition: Composition
  readonly interrupts: Interrupts
  readonly say: (line: string) => void
}

/** Opens everything, listens to signals meanwhile, and closes it all; the third signal leaves at once. */
export async function withSession(flags: RunFlags, terminal: Terminal, work: (session: Session) => Promise<ExitCode>): Promise<ExitCode> {
  const interrupts = new Interrupts(terminal)
  const left = interrupts.third.then(() => exitCodes.unproven)
  const say = sayer(flags, terminal)
  try {
    return await Promise.race([
      withComposition(flags, terminal, (composition) => {
        composition.checkGuards()
        return work({ flags, terminal, composition, interrupts, say })
      }),
      left,
    ])
  } finally {
    interrupts.dispose()
  }
}
