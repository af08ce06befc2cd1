import { createScanner, getLocation, getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { quote } from './did-you-mean.ts'
import { type Path, type Problem, pathText } from './problems.ts'

/** A suite is 6 levels deep; a parser that recurses overflows its stack at some thousands. */
const deepest = 32
/** One slip brings others; beyond a screen of them none helps. */
const mostSyntaxProblems = 20

/** A file's text as JSON, with the way back from a path to line and column. */
export interface JsonText {
  /** What could be read as JSON; undefined when the syntax is broken. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  locate(path: Path, at: 'key' | 'value'): { readonly line: number; readonly column: number }
}

/** Reads strict JSON and reports every syntax error and every key that stands twice; never throws, whatever the text. */
export function readJson(text: string, file: string): JsonText {
  const positionOf = lineIndex(text)
  const problem = (offset: number, path: Path, message: string): Problem => ({ file, ...positionOf(offset), path: pathText(path), message })
  const broken = (problems: readonly Problem[]): JsonText => ({ value: undefined, problems, locate: () => positionOf(0) })

  const bom = text.startsWith('\ufeff') ? [problem(0, [], 'the file starts with a byte order mark: save it as UTF-8 without BOM')] : []
  // A blank in its place keeps every offset.
  const body = bom.length > 0 ? ` ${text.slice(1)}` : text
  if (body.trim() === '') return broken([...bom, problem(0, [], 'the file is empty; expected a JSON object with `name` and `experiments`')])
  const tooDeep = offsetDeeperThan(deepest, body)
  if (tooDeep !== undefined) return broken([...bom, problem(tooDeep, [], `nested deeper than ${deepest} levels`)])

  const errors: ParseError[] = []
  const root = parseTree(body, errors, { disallowComments: true, allowTrailingComma: false })
  if (root === undefined || errors.length > 0) {
    const syntax = withoutEchoes(errors, body).slice(0, mostSyntaxProblems)
    return broken([...bom, ...syntax.map((error) => problem(error.offset, pathAt(body, error.offset), syntaxMessage(error, body)))])
  }
  const find = nodeFinder(root)
  const twice = duplicateKeys(root, []).map(({ path, node, first }) =>
    problem(node.offset, path, `this key stands twice in the same object, first in line ${positionOf(first.offset).line}`),
  )
  return {
    value: getNodeValue(root),
    problems: [...bom, ...twice],
    locate: (path, at) => positionOf(find(path, at).offset),
  }
}

function lineIndex(text: string): (offset: number) => { readonly line: number; readonly column: number } {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (match) => match.index + match[0].length)]
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
  }
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

interface Twice {
  readonly path: Path
  readonly node: Node
  readonly first: Node
}

function duplicateKeys(node: Node, path: Path): readonly Twice[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((child, n) => duplicateKeys(child, [...path, n]))
  if (node.type !== 'object') return []
  const seen = new Map<string, Node>()
  return (node.children ?? []).flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined) return []
    const name = String(key.value)
    const first = seen.get(name)
    if (first === undefined) seen.set(name, key)
    const inside = value === undefined ? [] : duplicateKeys(value, [...path, name])
    return first === undefined ? inside : [{ path: [...path, name], node: key, first }, ...inside]
  })
}

/** Finds the node of a path, or of its nearest parent: something missing is shown where it should have been. Of a key that stands twice the last counts. */
function nodeFinder(root: Node): (path: Path, at: 'key' | 'value') => Node {
  const members = new Map<Node, ReadonlyMap<string | number, Node>>()
  const memberOf = (node: Node, part: string | number): Node | undefined => {
    const known =
      members.get(node) ??
      new Map((node.children ?? []).map((child, n) => [node.type === 'object' ? child.children?.[0]?.value : n, child]))
    members.set(node, known)
    return known.get(part)
  }
  return (path, at) => {
    let node = root
    for (const [n, part] of path.entries()) {
      const member = memberOf(node, part)
      const key = member?.type === 'property' && at === 'key' && n === path.length - 1
      const next = member?.type === 'property' ? member.children?.[key ? 0 : 1] : member
      if (next === undefined) return node
      node = next
    }
    return node
  }
}
