import { getNodeValue, type Node } from 'jsonc-parser'
import { type Path, type Problem, pathText } from './problems.ts'

/** A suite is 6 levels deep; a parser that recurses overflows its stack at some thousands. */
export const deepest = 32
/** One slip brings others; beyond a screen of them none helps. */
export const mostSyntaxProblems = 20

/** A file's text as a value, with the way back from a path to line and column. */
export interface SuiteText {
  /** What could be read; undefined when the syntax is broken. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  locate(path: Path, at: 'key' | 'value'): Place
}

interface Place {
  readonly line: number
  readonly column: number
}

/** What a form of text (JSON, YAML) is read with. */
export interface Reading {
  /** The text without a byte order mark; every offset is as in the file. */
  readonly body: string
  readonly problem: (offset: number, path: Path, message: string) => Problem
  /** The answer to text that cannot be read. */
  readonly broken: (problems: readonly Problem[]) => SuiteText
  /** The answer to text that was read into a tree: reports keys that stand twice, and finds places. */
  readonly whole: (root: Node) => SuiteText
}

/** Prepares the reading of a file's text; an answer at once where there is nothing to read. `form` says what is expected there. */
export function startReading(text: string, file: string, form: string): Reading | SuiteText {
  const positionOf = lineIndex(text)
  const problem = (offset: number, path: Path, message: string): Problem => ({ file, ...positionOf(offset), path: pathText(path), message })
  const bom = text.startsWith('\ufeff') ? [problem(0, [], 'the file starts with a byte order mark: save it as UTF-8 without BOM')] : []
  // A blank in its place keeps every offset.
  const body = bom.length > 0 ? ` ${text.slice(1)}` : text
  const broken = (problems: readonly Problem[]): SuiteText => ({
    value: undefined,
    problems: [...bom, ...problems],
    locate: () => positionOf(0),
  })
  if (body.trim() === '') return broken([problem(0, [], `the file is empty; expected ${form} with \`name\` and \`experiments\``)])
  const whole = (root: Node): SuiteText => {
    const find = nodeFinder(root)
    const twice = duplicateKeys(root, []).map(({ path, node, first }) =>
      problem(node.offset, path, `this key stands twice in the same object, first in line ${positionOf(first.offset).line}`),
    )
    return { value: getNodeValue(root), problems: [...bom, ...twice], locate: (path, at) => positionOf(find(path, at).offset) }
  }
  return { body, problem, broken, whole }
}

function lineIndex(text: string): (offset: number) => Place {
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
