import { FaultlineError } from '../../lib/domain/errors.ts'
import { counted } from '../../lib/domain/text.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { duration } from '../../lib/report/durations.ts'
import { variableText } from '../../lib/report/variable-text.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import type { ParsedSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { printJson } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { parsedSuite, type VariableFlags } from '../suite-file.ts'
import { printPainted, printText, type Terminal } from '../terminal.ts'
import { painter, wholeLine } from '../view/paint.ts'

/** `faultline validate SUITE...`: says of each file whether it can run, or everything that is wrong with it. Needs no cluster. */
export async function validateSuites(
  files: readonly string[],
  flags: VariableFlags & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const isOneOfSeveral = files.length > 1
  const parsed = await Promise.all(
    files.map(async (file) => ({ file, result: await parsedSuite(file, terminal, { ...flags, isOneOfSeveral }) })),
  )
  checkUsed(Object.keys(flags.set ?? {}), parsed)
  const code = parsed.every(({ result }) => result.ok) ? exitCodes.succeeded : exitCodes.refused
  if (flags.json === true)
    printJson(terminal, { ok: code === exitCodes.succeeded, files: parsed.map(({ file, result }) => asJson(file, result)) })
  else for (const { file, result } of parsed) tell(file, result, terminal)
  return code
}

/** A value that no file asks for is a slip; which names there are is known once all files are sound. */
function checkUsed(names: readonly string[], parsed: readonly { readonly result: ParsedSuite }[]): void {
  const asked = parsed.flatMap(({ result }) => (result.ok ? (result.suite.variables ?? []).map(({ name }) => name) : names))
  const unused = names.find((name) => !asked.includes(name))
  if (unused !== undefined)
    throw new FaultlineError('bad_input', `--set ${notAllowed(unused, asked, 'is no variable of any of the suites')}`)
}

function tell(file: string, result: ParsedSuite, terminal: Terminal): void {
  const paint = painter(terminal.hasColour)
  if (!result.ok) {
    printText(terminal.err, formatProblems(result.problems))
    return
  }
  const { suite, warnings } = result
  const steps = counted(suite.steps.length, 'step')
  printPainted(terminal.out, wholeLine(paint, ['good', 'OK'], `  ${file}: "${suite.name}", ${steps}, about ${duration(plannedMs(suite))}`))
  for (const variable of suite.variables ?? []) printPainted(terminal.out, wholeLine(paint, `    ${variableText(variable)}`))
  for (const warning of warnings) printPainted(terminal.out, wholeLine(paint, '    ', ['warn', 'warning'], `: ${warning}`))
}

function asJson(file: string, result: ParsedSuite): object {
  if (!result.ok) return { file, ok: false, problems: result.problems }
  const { suite, warnings } = result
  const { name, namespace, steps, variables } = suite
  return {
    file,
    ok: true,
    name,
    namespace,
    steps: steps.length,
    plannedMs: plannedMs(suite),
    warnings,
    ...(variables === undefined ? {} : { variables }),
  }
}
