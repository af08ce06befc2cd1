import type { Suite } from '../domain/suite.ts'
import { crossFindings, warningsOf } from './cross-checks.ts'
import { schemaFindings } from './explain.ts'
import { readJson } from './json-text.ts'
import { normalise } from './normalise.ts'
import { type Finding, type Problem, pathText } from './problems.ts'
import { suiteSchema } from './schema.ts'
import { sizeFindings } from './size-checks.ts'
import type { SuiteText } from './suite-text.ts'

/** Larger files are refused, in bytes. */
export const largestFile = 1_048_576

/** Either a suite that can run as it is, or everything that is wrong with the file. */
export type ParsedSuite =
  | { readonly ok: true; readonly suite: Suite; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** What reads a form of text: `readJson`, or `readYaml` of yaml-text.ts, which is loaded only where a file is YAML. */
export type ReadText = (text: string, file: string) => SuiteText

/**
 * Turns the text of a suite file into a suite, or tells all that is wrong with it at once; never throws. `file` is only named in problems.
 * `read` is what its form is read by. @default readJson
 */
export function parseSuite(text: string, file: string, read: ReadText = readJson): ParsedSuite {
  if (Buffer.byteLength(text) > largestFile) return tooLarge(file)
  const json = read(text, file)
  if (json.value === undefined) return { ok: false, problems: json.problems }
  const placed = ({ path, at, message }: Finding): Problem => ({ file, ...json.locate(path, at), path: pathText(path), message })
  const found = [...schemaFindings(json.value), ...crossFindings(json.value)].map(placed)
  const problems = [...json.problems, ...found].sort((a, b) => a.line - b.line || a.column - b.column)
  if (problems.length > 0) return { ok: false, problems }
  const parsed = suiteSchema.parse(json.value)
  const suite = normalise(parsed)
  const tooLargeOnes = sizeFindings(suite).map(placed)
  return tooLargeOnes.length > 0 ? { ok: false, problems: tooLargeOnes } : { ok: true, suite, warnings: warningsOf(parsed) }
}

/** The answer to a file over the limit, for a caller that can tell before reading all of it. */
export function tooLarge(file: string): ParsedSuite {
  const message = `the file is too large; allowed: at most ${largestFile} bytes (1 MiB)`
  return { ok: false, problems: [{ file, line: 0, column: 0, path: '', message }] }
}
