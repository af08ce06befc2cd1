import { createScanner, getLocation, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { quote } from './did-you-mean.ts'
import type { Path } from './problems.ts'
import { deepest, mostSyntaxProblems, type SuiteText, startReading } from './suite-text.ts'

/** Reads strict JSON and reports every syntax error and every key that stands twice; never throws, whatever the text. */
export function readJson(text: string, file: string): SuiteText {
  const reading = startReading(text, file, 'a JSON object')
  if ('value' in reading) return reading
  const { body, problem, broken, whole } = reading
  const tooDeep = offsetDeeperThan(deepest, body)
  if (tooDeep !== undefined) return broken([problem(tooDeep, [], `nested deeper than ${deepest} levels`)])

  const errors: ParseError[] = []
  const root = parseTree(body, errors, { disallowComments: true, allowTrailingComma: false })
  if (root !== undefined && errors.length === 0) return whole(root)
  const syntax = withoutEchoes(errors, body).slice(0, mostSyntaxProblems)
  return broken(syntax.map((error) => problem(error.offset, pathAt(body, error.offset), syntaxMessage(error, body))))
}

/** The parser recurses, so what would overflow its stack is found beforehand. */
function offsetDeeperThan(levels: number, text: string): number | undefined {
  const scanner = createScanner(text, true)
  let depth = 0
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const first = text[scanner.getTokenOffset()]
    if (first === '{' || first === '[') depth++
    else if (first === '}' || first === ']') depth--
    if (depth > levels) return scanner.getTokenOffset()
  }
  return undefined
}

/** One slip makes the parser report several errors: at the same place, or a value missing right after what it could not read. */
function withoutEchoes(errors: readonly ParseError[], text: string): readonly ParseError[] {
  return errors.filter((error, n) => {
    const before = errors[n - 1]
    if (before === undefined) return true
    if (before.offset === error.offset) return false
    const gap = text.slice(before.offset + before.length, error.offset)
    return !(
      printParseErrorCode(error.error) === 'ValueExpected' &&
      printParseErrorCode(before.error) === 'InvalidSymbol' &&
      gap.trim() === ''
    )
  })
}

/** Where the scanner stands between two keys, it calls the coming one ''. */
function pathAt(text: string, offset: number): Path {
  const { path } = getLocation(text, offset)
  return path.at(-1) === '' ? path.slice(0, -1) : path
}

const syntaxWords: Readonly<Record<string, string>> = {
  InvalidSymbol: 'is not JSON: texts stand in double quotes, and bare words are only true, false and null',
  InvalidNumberFormat: 'is not a number as JSON writes it',
  PropertyNameExpected: 'found where a key in double quotes was expected (a comma too many before it?)',
  ValueExpected: 'found where a value was expected',
  ColonExpected: 'found where `:` was expected',
  CommaExpected: 'found where `,` was expected (a comma missing before it?)',
  CloseBraceExpected: 'found where `}` was expected',
  CloseBracketExpected: 'found where `]` was expected',
  EndOfFileExpected: 'found after the end of the JSON object',
  InvalidCommentToken: 'starts a comment, and JSON has none',
  UnexpectedEndOfComment: 'is a comment without an end, and JSON has none',
  UnexpectedEndOfString: 'is a text without a closing quote',
  UnexpectedEndOfNumber: 'is a number without an end',
  InvalidUnicode: 'is not a Unicode escape (\\u and four hexadecimal digits)',
  InvalidEscapeCharacter: 'has an escape that JSON does not know (allowed after \\: " \\ / b f n r t u)',
  InvalidCharacter: 'has a control character in it (a line break or tab is written \\n or \\t)',
}

function syntaxMessage(error: ParseError, text: string): string {
  const found = text.slice(error.offset, error.offset + Math.max(1, error.length)).trim()
  return `${found === '' ? 'the end of the file' : quote(found)} ${syntaxWords[printParseErrorCode(error.error)] ?? 'is not JSON'}`
}
