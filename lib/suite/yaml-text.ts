import type { Node } from 'jsonc-parser'
import { Composer, type CST, isMap, isScalar, isSeq, type ParsedNode, Parser, type YAMLParseError } from 'yaml'
import { quote } from './did-you-mean.ts'
import type { Path } from './problems.ts'
import { deepest, mostSyntaxProblems, type Reading, type SuiteText, startReading } from './suite-text.ts'

/** A place in the text, and what is wrong there. */
interface Fault {
  readonly offset: number
  readonly message: string
}

/**
 * Reads the YAML that says what JSON can say (https://yaml.org/spec/1.2.2/, core schema: `no`, `on` and `09:00` are texts), and comments.
 * What makes one text mean another (anchors, aliases, tags, merge keys, directives, several documents) is refused by name, before anything
 * is expanded; never throws, whatever the text.
 */
export function readYaml(text: string, file: string): SuiteText {
  const reading = startReading(text, file, 'a YAML mapping')
  if ('value' in reading) return reading
  const { body, problem, broken, whole } = reading
  // A blank in the place of the mark would indent the first line.
  if (body !== text) return broken([])
  const tokens = [...new Parser().parse(body)]
  const refused = refusedIn(tokens)
  if (refused.length > 0) return broken(refused.slice(0, mostSyntaxProblems).map(({ offset, message }) => problem(offset, [], message)))

  const [document] = [...new Composer({ schema: 'core', version: '1.2', prettyErrors: false, uniqueKeys: false }).compose(tokens)]
  const contents = document?.contents as ParsedNode | null | undefined
  const errors = document?.errors ?? []
  if (errors.length > 0) return broken(syntaxProblems(errors, contents, reading))
  const faults: Fault[] = []
  const root = nodeOf(contents ?? null, 0, body, faults)
  if (faults.length > 0) return broken(faults.map(({ offset, message }) => problem(offset, pathAt(contents, offset), message)))
  return whole(root)
}

/** One slip makes the parser report several errors in one place. */
function syntaxProblems(errors: readonly YAMLParseError[], contents: ParsedNode | null | undefined, { body, problem }: Reading) {
  const first = errors.filter(({ pos }, n) => pos[0] !== errors[n - 1]?.pos[0]).slice(0, mostSyntaxProblems)
  return first.map(({ pos: [offset], code, message }) =>
    problem(offset, pathAt(contents, offset), syntaxMessage(code, message, body, offset)),
  )
}

function syntaxMessage(code: string, message: string, body: string, offset: number): string {
  if (code === 'TAB_AS_INDENT') return 'a tab: YAML is indented with blanks'
  const line = body.slice(body.lastIndexOf('\n', offset - 1) + 1).split(/\r?\n/, 1)[0] ?? ''
  const hint = /[[{].*\$\{/.test(line) ? `; between \`{ }\` or \`[ ]\` a variable stands in quotes: "\${NAME}"` : ''
  return `is not YAML: ${message}${hint}`
}

/** Walks what the parser found without recursion: its depth is whatever the text says. */
function refusedIn(tokens: readonly CST.Token[]): readonly Fault[] {
  const documents = tokens.filter((token) => token.type === 'document')
  const [, second] = documents
  const found: Fault[] = tokens.flatMap((token) => {
    if (token.type === 'directive') return [{ offset: token.offset, message: `${quote(token.source)} is a directive; a suite has none` }]
    return []
  })
  if (second !== undefined) found.push({ offset: second.offset, message: 'a second document begins here; a suite is one document' })
  const open: { readonly token: CST.Token; readonly depth: number }[] = documents.map((token) => ({ token, depth: 0 }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token, depth } = next
    if (depth > deepest) {
      found.push({ offset: token.offset, message: `nested deeper than ${deepest} levels` })
      break
    }
    const { marks, inside } = partsOf(token)
    for (const mark of marks) {
      const message = refusedMarks[mark.type]
      if (message !== undefined) found.push({ offset: mark.offset, message: `${quote(mark.source)} is ${message}` })
    }
    for (const part of inside) open.push({ token: part, depth: part.type === 'alias' || part.type === 'scalar' ? depth : depth + 1 })
  }
  return found.sort((a, b) => a.offset - b.offset)
}

const refusedMarks: Readonly<Record<string, string>> = {
  anchor: 'an anchor: write out what it stands for; a suite says everything where it is meant',
  alias: 'an alias: write out what it stands for; a suite says everything where it is meant',
  tag: 'a tag: the form of a value follows from how it is written (texts in quotes where in doubt)',
}

/** What stands beside a value, and an alias, which stands for one. */
type Mark = Pick<CST.FlowScalar, 'offset' | 'source'> & { readonly type: string }

interface Parts {
  readonly marks: readonly Mark[]
  readonly inside: readonly CST.Token[]
}

function partsOf(token: CST.Token): Parts {
  switch (token.type) {
    case 'document':
      return { marks: token.start, inside: token.value === undefined ? [] : [token.value] }
    case 'block-map':
    case 'block-seq':
    case 'flow-collection': {
      const items: readonly CST.CollectionItem[] = token.items
      return {
        marks: items.flatMap(({ start, sep }) => [...start, ...(sep ?? [])]),
        inside: items.flatMap(({ key, value }) => [key, value].filter((part) => part !== undefined && part !== null)),
      }
    }
    case 'alias':
      return { marks: [token], inside: [] }
    case 'block-scalar':
      return { marks: token.props.filter((prop) => prop.type !== 'block-scalar') as CST.SourceToken[], inside: [] }
    default:
      return { marks: [], inside: [] }
  }
}

/** The tree as JSON's parser makes it, so that everything after it is the same for both. */
function nodeOf(yaml: ParsedNode | null, at: number, body: string, faults: Fault[]): Node {
  if (yaml === null) return { type: 'null', offset: at, length: 0, value: null }
  const [offset, end] = yaml.range
  const place = { offset, length: end - offset }
  if (isSeq(yaml)) return { ...place, type: 'array', children: yaml.items.map((item) => nodeOf(item as ParsedNode, offset, body, faults)) }
  if (isMap(yaml)) {
    const children = yaml.items.map(({ key, value }): Node => {
      const name = keyOf(key as ParsedNode | null, offset, body, faults)
      return {
        type: 'property',
        offset: name.offset,
        length: 0,
        children: [name, nodeOf(value as ParsedNode | null, name.offset, body, faults)],
      }
    })
    return { ...place, type: 'object', children }
  }
  if (!isScalar(yaml)) return { ...place, type: 'null', value: null }
  return { ...place, ...scalarOf(yaml.value, body.slice(offset, end), offset, faults) }
}

function scalarOf(value: unknown, source: string, offset: number, faults: Fault[]): Pick<Node, 'type' | 'value'> {
  if (value === null) return { type: 'null', value: null }
  if (typeof value === 'boolean') return { type: 'boolean', value }
  if (typeof value !== 'number') return { type: 'string', value: String(value) }
  if (!jsonNumber.test(source))
    faults.push({ offset, message: `${quote(source)}: write it as a plain decimal number, or as a text in quotes` })
  return { type: 'number', value }
}

/** Hexadecimal, octal, `.inf`, `.nan` and leading zeros mean different numbers to different readers. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

function keyOf(key: ParsedNode | null, at: number, body: string, faults: Fault[]): Node {
  const [offset, end] = key?.range ?? [at, at]
  const source = body.slice(offset, end)
  const place = { type: 'string', offset, length: end - offset } as const
  if (!isScalar(key) || source === '') {
    faults.push({ offset, message: 'a key is a word; found a list, a mapping or nothing before the `:`' })
    return { ...place, value: source }
  }
  if (source === '<<')
    faults.push({ offset, message: '`<<` is a merge key: write out what it would bring; a suite says everything where it is meant' })
  return { ...place, value: typeof key.value === 'string' ? key.value : source }
}

/** Keys and indexes to the innermost part of the tree that an offset lies in. */
function pathAt(root: ParsedNode | null | undefined, offset: number): Path {
  const path: (string | number)[] = []
  const holds = (node: unknown) => {
    const range = (node as ParsedNode | null)?.range
    return range !== undefined && range !== null && range[0] <= offset && offset <= range[2]
  }
  for (let node: unknown = root; path.length <= deepest; ) {
    if (isSeq(node)) {
      const at: number = node.items.findLastIndex(holds)
      if (at < 0) break
      path.push(at)
      node = node.items[at]
    } else if (isMap(node)) {
      const pair = node.items.findLast(({ key, value }) => holds(key) || holds(value))
      if (pair === undefined || !isScalar(pair.key) || pair.key.value === null) break
      path.push(String(pair.key.value))
      node = pair.value
    } else break
  }
  return path
}
