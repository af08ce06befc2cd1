import type { ClusterRef } from '../lib/domain/run.ts'
import type { Suite } from '../lib/domain/suite.ts'
import { loadSuite, readSuiteFrom } from '../lib/suite/load.ts'
import { type OtherTimes, type Warned, withTimes } from '../lib/suite/other-times.ts'
import { forWorkload } from '../lib/suite/other-workload.ts'
import type { ParsedSuite } from '../lib/suite/parse.ts'
import { type PartFlags, partOf } from '../lib/suite/part-of-suite.ts'
import { formatProblems } from '../lib/suite/problems.ts'
import { type GivenValues, onCommandLine } from '../lib/suite/variables.ts'
import { BadSuite } from './command.ts'
import { shortPath } from './reports.ts'
import { defaultSuite, suiteFile } from './suite-names.ts'
import type { Terminal } from './terminal.ts'

/** Values of a suite's variables. */
export interface VariableFlags {
  readonly set?: Readonly<Record<string, string>>
}

export interface SuiteFlags {
  readonly namespace?: string
  readonly selector?: string
  readonly seed?: number
}

/** A suite as it was read, what names it, and the times that it is to keep. */
export interface SuiteSource {
  readonly parsed: ParsedSuite
  readonly file: string
  readonly times?: OtherTimes
  readonly part?: PartFlags
  /** Where it ran before: it is meant for that cluster, unless flags name another one. */
  readonly cluster?: ClusterRef
}

/** Reads a suite: a file, `-` for standard input, or one that comes along by its name; that of `default` when none is named. */
export async function readSuite(
  named: string | undefined,
  { duration, grace, set, only, skip }: OtherTimes & VariableFlags & PartFlags,
  terminal: Pick<Terminal, 'stdin' | 'env'>,
): Promise<SuiteSource> {
  const file = await suiteFile(named ?? defaultSuite)
  const times = { ...(duration === undefined ? {} : { duration }), ...(grace === undefined ? {} : { grace }) }
  return {
    parsed: await parsedFile(file, terminal, givenBy(set, terminal)),
    file: file === '-' ? file : shortPath(file),
    times,
    part: { only, skip },
  }
}

/** Puts the flags in the place of what the suite says. Throws BadSuite with every problem. */
export function withSuiteFlags({ parsed, times = {}, part = {} }: SuiteSource, flags: SuiteFlags): Warned {
  if (!parsed.ok) throw new BadSuite(formatProblems(parsed.problems), parsed.problems)
  const { suite, warnings } = withTimes(partOf(parsed.suite, part), times)
  return { suite: adapted(suite, flags), warnings: [...parsed.warnings, ...warnings] }
}

/** The suite as it is for the workload that the flags name. */
export function adapted(suite: Suite, { namespace, selector }: SuiteFlags): Suite {
  return forWorkload(suite, { namespace, selector }, '--selector')
}

/** The suite of a file or of a name, or of standard input where `-` stands for one; `isOneOfSeveral`: not every value is meant for it. */
export async function parsedSuite(
  named: string,
  terminal: Pick<Terminal, 'stdin' | 'env'>,
  { set, isOneOfSeveral = false }: VariableFlags & { readonly isOneOfSeveral?: boolean } = {},
): Promise<ParsedSuite> {
  const given = givenBy(set, terminal)
  return parsedFile(await suiteFile(named), terminal, isOneOfSeveral ? { ...given, mayBeUnused: true } : given)
}

/** The name that a suite says itself, whatever file it came from. */
export async function suiteNameOf(named: string, flags: VariableFlags, terminal: Pick<Terminal, 'stdin' | 'env'>): Promise<string> {
  const parsed = await parsedSuite(named, terminal, flags)
  if (!parsed.ok) throw new BadSuite(formatProblems(parsed.problems), parsed.problems)
  return parsed.suite.name
}

function givenBy(set: VariableFlags['set'], { env }: Pick<Terminal, 'env'>): GivenValues {
  return { said: set ?? {}, env, ...onCommandLine }
}

function parsedFile(file: string, { stdin }: Pick<Terminal, 'stdin'>, given: GivenValues): Promise<ParsedSuite> {
  return file === '-' ? readSuiteFrom(stdin(), 'stdin', given) : loadSuite(file, given)
}

/** A seed for a run that was given none. */
export function seedOf(flags: SuiteFlags): number {
  return flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}
