import type { Suite } from '../domain/suite.ts'
import { crossFindings, warningsOf } from './cross-checks.ts'
import { notAllowed, quote } from './did-you-mean.ts'
import { schemaFindings } from './explain.ts'
import { readJson } from './json-text.ts'
import { normalise } from './normalise.ts'
import { type Finding, type Problem, pathText } from './problems.ts'
import { suiteSchema } from './schema.ts'
import type { SuiteText } from './suite-text.ts'
import { type Filled, fill, type GivenValues, noValues, variablesAt, variableWarnings, withForms } from './variables.ts'

/** Larger files are refused, in bytes. */
export const largestFile = 1_048_576

/** Either a suite that can run as it is, or everything that is wrong with the file. */
export type ParsedSuite =
  /** `said`: what the file says, where it came from one. */
  | { readonly ok: true; readonly suite: Suite; readonly warnings: readonly string[]; readonly said?: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** What reads a form of text: `readJson`, or `readYaml` of yaml-text.ts, which is loaded only where a file is YAML. */
export type ReadText = (text: string, file: string) => SuiteText

/** How a text is read. */
export interface ParseOptions {
  /** What its form is read by. @default readJson */
  readonly read?: ReadText
  /** Where the values of its variables come from. @default noValues */
  readonly given?: GivenValues
}

/** Turns the text of a suite file into a suite, or tells all that is wrong with it at once; never throws. `file` is only named in problems. */
export function parseSuite(text: string, file: string, { read = readJson, given = noValues }: ParseOptions = {}): ParsedSuite {
  if (Buffer.byteLength(text) > largestFile) return tooLarge(file)
  const source = read(text, file)
  if (source.value === undefined) return { ok: false, problems: source.problems }
  const filled = fill(source.value, given)
  const placed = ({ path, at, message }: Finding): Problem => ({
    file,
    ...source.locate(path, at),
    path: pathText(path),
    message: `${message}${variablesAt(filled, path)}`,
  })
  const { value, findings } = withForms(filled, schemaFindings)
  const unfilled = new Set(filled.findings.map(({ path }) => pathText(path)))
  const found = [...findings, ...crossFindings(value)].filter(({ path }) => !unfilled.has(pathText(path)))
  const places = [...found.map(placed), ...filled.findings.map((finding) => ({ ...placed(finding), message: finding.message }))]
  const problems = [...source.problems, ...places].sort((a, b) => a.line - b.line || a.column - b.column)
  const unused = given.mayBeUnused ? [] : unusedProblems(filled, given)
  if (problems.length + unused.length > 0) return { ok: false, problems: [...problems, ...unused] }
  const parsed = suiteSchema.parse(value)
  const suite = { ...normalise(parsed), ...(filled.variables.length === 0 ? {} : { variables: filled.variables }) }
  return { ok: true, suite, warnings: [...warningsOf(parsed), ...variableWarnings(filled.variables)], said: source.value }
}

/** Values that were said and that nothing in the file asks for: a slip of the fingers would run with a default. */
function unusedProblems({ asked }: Filled, { said, by }: GivenValues): readonly Problem[] {
  const unused = Object.keys(said).filter((name) => !asked.has(name))
  const message = (name: string) =>
    asked.size === 0 ? `${quote(name)}: the suite has no variables` : notAllowed(name, [...asked], 'is no variable of the suite')
  return unused.map((name) => ({ file: by, line: 0, column: 0, path: '', message: message(name) }))
}

/** The answer to a file over the limit, for a caller that can tell before reading all of it. */
export function tooLarge(file: string): ParsedSuite {
  const message = `the file is too large; allowed: at most ${largestFile} bytes (1 MiB)`
  return { ok: false, problems: [{ file, line: 0, column: 0, path: '', message }] }
}
