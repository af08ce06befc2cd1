import { FaultlineError } from '../lib/domain/errors.ts'
import { fitSuite } from '../lib/domain/fit-suite.ts'
import type { ClusterRef } from '../lib/domain/run.ts'
import type { Suite } from '../lib/domain/suite.ts'
import { loadSuite, readSuiteFrom } from '../lib/suite/load.ts'
import { forWorkload } from '../lib/suite/other-workload.ts'
import type { ParsedSuite } from '../lib/suite/parse.ts'
import { formatProblems } from '../lib/suite/problems.ts'
import { BadSuite } from './command.ts'
import { shortPath } from './reports.ts'
import { defaultSuite, suiteFile } from './suite-names.ts'
import type { Terminal } from './terminal.ts'

export interface SuiteFlags {
  readonly namespace?: string
  readonly selector?: string
  readonly seed?: number
}

/** Flags that change how long a suite takes, in seconds. */
export interface TimeFlags {
  /** The longest that it may take. */
  readonly duration?: number
  /** Quiet before the first and after the last step. */
  readonly grace?: number
}

/** A suite as it was read, what names it, and the times that it is to keep. */
export interface SuiteSource {
  readonly parsed: ParsedSuite
  readonly file: string
  readonly times?: TimeFlags
  /** Where it ran before: it is meant for that cluster, unless flags name another one. */
  readonly cluster?: ClusterRef
}

/** Reads a suite: a file, `-` for standard input, or one that comes along by its name; that of `default` when none is named. */
export async function readSuite(
  named: string | undefined,
  { duration, grace }: TimeFlags,
  terminal: Pick<Terminal, 'stdin'>,
): Promise<SuiteSource> {
  const file = await suiteFile(named ?? defaultSuite)
  const times = { ...(duration === undefined ? {} : { duration }), ...(grace === undefined ? {} : { grace }) }
  return { parsed: await parsedFile(file, terminal), file: file === '-' ? file : shortPath(file), times }
}

/** Puts the flags in the place of what the suite says. Throws BadSuite with every problem. */
export function withSuiteFlags({ parsed, times = {} }: SuiteSource, flags: SuiteFlags): Warned {
  if (!parsed.ok) throw new BadSuite(formatProblems(parsed.problems), parsed.problems)
  const { suite, warnings } = withTimes(parsed.suite, times)
  return { suite: adapted(suite, flags), warnings: [...parsed.warnings, ...warnings] }
}

interface Warned {
  readonly suite: Suite
  readonly warnings: readonly string[]
}

/** Another quiet before and after, and a time that all of it has to fit into. */
function withTimes(given: Suite, { duration, grace }: TimeFlags): Warned {
  const suite = grace === undefined ? given : withGrace(given, grace * 1000)
  if (duration === undefined) return { suite, warnings: [] }
  const fitted = fitSuite(suite, duration * 1000)
  if (!fitted.ok) {
    const why = `the suite's faults, rests and grace periods do not fit, with 30 s for each recovery; at least ${fitted.leastMs / 1000} do`
    throw new FaultlineError('bad_input', `--duration ${duration}: ${why}`)
  }
  if (!fitted.isShortened) return { suite: fitted.suite, warnings: [] }
  const changes = fitted.suite.steps.map(
    ({ name, durationMs }, i) => `${name} ${seconds(suite.steps[i]?.durationMs)} → ${seconds(durationMs)}`,
  )
  return { suite: fitted.suite, warnings: [`faults are shortened to fit into --duration ${duration}: ${changes.join(', ')}`] }
}

const seconds = (ms = 0) => `${ms / 1000} s`

/** The time that is added to the suite is added to what it may take. */
function withGrace(suite: Suite, graceMs: number): Suite {
  const more = Math.max(0, 2 * graceMs - suite.graceBeforeMs - suite.graceAfterMs)
  return { ...suite, graceBeforeMs: graceMs, graceAfterMs: graceMs, maxDurationMs: suite.maxDurationMs + more }
}

/** The suite as it is for the workload that the flags name. */
export function adapted(suite: Suite, { namespace, selector }: SuiteFlags): Suite {
  return forWorkload(suite, { namespace, selector }, '--selector')
}

/** The suite of a file or of a name, or of standard input where `-` stands for one. */
export async function parsedSuite(named: string, terminal: Pick<Terminal, 'stdin'>): Promise<ParsedSuite> {
  return parsedFile(await suiteFile(named), terminal)
}

/** The name that a suite says itself, whatever file it came from. */
export async function suiteNameOf(named: string, terminal: Pick<Terminal, 'stdin'>): Promise<string> {
  const parsed = await parsedSuite(named, terminal)
  if (!parsed.ok) throw new BadSuite(formatProblems(parsed.problems), parsed.problems)
  return parsed.suite.name
}

function parsedFile(file: string, { stdin }: Pick<Terminal, 'stdin'>): Promise<ParsedSuite> {
  return file === '-' ? readSuiteFrom(stdin(), 'stdin') : loadSuite(file)
}

/** A seed for a run that was given none. */
export function seedOf(flags: SuiteFlags): number {
  return flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}
