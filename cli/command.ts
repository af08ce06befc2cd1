import { FaultlineError } from '../lib/domain/errors.ts'
import { printable } from '../lib/domain/text.ts'
import type { Problem } from '../lib/suite/problems.ts'
import { type Composition, compose } from './compose.ts'
import type { ExitCode } from './exit-codes.ts'
import type { ClusterFlags, ConfigFlags, StateFlags, TellingFlags } from './settings.ts'
import { print, type Terminal } from './terminal.ts'

/** One command: options as commander parsed them in, exit code out. */
export type Action<F> = (flags: F, terminal: Terminal) => Promise<ExitCode>

/** Acts on the installation that `--aws` names, else here; only one of both is loaded. */
export function hereOrThere<F extends object>(here: Action<F>, there: Action<F & { readonly aws: string }>): Action<F> {
  return (flags, terminal) => (isOfAws(flags) ? there(flags, terminal) : here(flags, terminal))
}

function isOfAws<F extends object>(flags: F): flags is F & { readonly aws: string } {
  return 'aws' in flags && typeof flags.aws === 'string'
}

/** Runs an action with the flags of its command. */
export type Act = <F extends object>(flags: F, action: Action<F>) => Promise<void>

/** A suite file with problems; the command line prints them as they are. */
export class BadSuite extends FaultlineError {
  readonly problems: readonly Problem[]

  constructor(text: string, problems: readonly Problem[]) {
    super('bad_input', text)
    this.problems = problems
  }
}

export type WorkFlags = StateFlags &
  ClusterFlags &
  ConfigFlags &
  TellingFlags & { readonly maxInFlight?: number; readonly verbose?: boolean }

/** Tells progress to people: never on stdout of `--json`, and there on stderr only with `--verbose`. */
export function sayer(flags: { readonly json?: boolean; readonly verbose?: boolean }, terminal: Terminal): (line: string) => void {
  if (flags.json !== true) return (line) => print(terminal.out, line)
  return flags.verbose === true ? (line) => print(terminal.err, line) : () => undefined
}

/** Opens the store and whatever the flags name, runs `work`, and closes everything. */
export async function withComposition<T>(flags: WorkFlags, terminal: Terminal, work: (composition: Composition) => Promise<T>): Promise<T> {
  const composition = await compose({ flags, env: terminal.env, isLive: terminal.isLive, say: sayer(flags, terminal) })
  try {
    return await work(composition)
  } finally {
    await composition.close()
  }
}

/** Prints the one line of `--json`; a control character stands there as its escape, which means the same. */
export function printJson(terminal: Terminal, document: object): void {
  terminal.out.write(`${printable(JSON.stringify(document))}\n`)
}
