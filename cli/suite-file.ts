import { FaultlineError } from '../lib/domain/errors.ts'
import { compileSelector } from '../lib/domain/label-selector.ts'
import type { ProbeSpec } from '../lib/domain/probe.ts'
import type { Suite } from '../lib/domain/suite.ts'
import { loadSuite, readSuiteFrom } from '../lib/suite/load.ts'
import type { ParsedSuite } from '../lib/suite/parse.ts'
import { formatProblems } from '../lib/suite/problems.ts'
import { BadSuite } from './command.ts'
import { errorText } from './error-text.ts'
import type { Terminal } from './terminal.ts'

export interface SuiteFlags {
  readonly namespace?: string
  readonly selector?: string
  readonly seed?: number
}

/** A suite as it was read, and what names it. */
export interface SuiteSource {
  readonly parsed: ParsedSuite
  readonly file: string
}

/** Reads a suite file; `-` is standard input. */
export async function readSuite(file: string, terminal: Pick<Terminal, 'stdin'>): Promise<SuiteSource> {
  return { parsed: await parsedSuite(file, terminal), file }
}

/** Puts the flags in the place of what the suite says. Throws BadSuite with every problem. */
export function withSuiteFlags(
  { parsed }: SuiteSource,
  flags: SuiteFlags,
): { readonly suite: Suite; readonly warnings: readonly string[] } {
  if (!parsed.ok) throw new BadSuite(formatProblems(parsed.problems), parsed.problems)
  const { suite, warnings } = parsed
  const { namespace = suite.namespace, selector } = flags
  if (selector === undefined) return { suite: { ...suite, namespace }, warnings }
  checkSelector(selector)
  const steps = suite.steps.map((step) => ({ ...step, targets: { ...step.targets, selector } }))
  const probes = suite.probes.map((probe) => withSelector(probe, suite.selector, selector))
  return { suite: { ...suite, namespace, selector, steps, probes }, warnings }
}

/** The suite of a file, or of standard input where `-` stands for one. */
export function parsedSuite(file: string, { stdin }: Pick<Terminal, 'stdin'>): Promise<ParsedSuite> {
  return file === '-' ? readSuiteFrom(stdin(), 'stdin') : loadSuite(file)
}

/** A probe of other pods than the workload's keeps its own selector. */
function withSelector(probe: ProbeSpec, before: string, selector: string): ProbeSpec {
  const { source } = probe
  return source.type === 'kubernetes' && source.selector === before ? { ...probe, source: { ...source, selector } } : probe
}

/** A seed for a run that was given none. */
export function seedOf(flags: SuiteFlags): number {
  return flags.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0
}

function checkSelector(selector: string): void {
  try {
    compileSelector(selector)
  } catch (error) {
    const why = errorText(error)
    throw new FaultlineError('bad_input', `--selector ${selector}: ${why}`, { cause: error })
  }
}
