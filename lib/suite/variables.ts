import type { SuiteVariable } from '../domain/suite.ts'
import { quote } from './did-you-mean.ts'
import { type Finding, type Path, pathText } from './problems.ts'

/** A longer value is no name, number or address; every value is kept with the run. */
const longestValue = 1000

/** What variables of suites are called in the environment: any other variable of a process may be a secret, and no suite reads it. */
const variablePrefix = 'FAULTLINE_VAR_'

/** Where the values of variables come from. */
export interface GivenValues {
  /** Said for this once, by name. */
  readonly said: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** How a person gives a value, for the problem of a variable without one. */
  readonly how: (name: string) => string
  /** What people say values with: `--set`. */
  readonly by: string
  /** What is said may be meant for another file: it may be unused here. */
  readonly mayBeUnused?: true
}

/** What a command line gives. */
export const onCommandLine = {
  by: '--set',
  how: (name: string) => `say --set ${name}=value, or set ${variablePrefix}${name}`,
} as const

/** Only defaults. */
export const noValues: GivenValues = { said: {}, env: {}, ...onCommandLine }

/** A value of a file with the variables in it replaced. */
export interface Filled {
  readonly value: unknown
  readonly variables: readonly SuiteVariable[]
  readonly findings: readonly Finding[]
  /** Names of all variables that stand in it, with a value or without. */
  readonly asked: ReadonlySet<string>
  /** By path: texts that had variables in them, as they were written, and whether nothing else is in them. */
  readonly places: ReadonlyMap<string, FilledPlace>
}

export interface FilledPlace {
  readonly path: Path
  readonly written: string
  readonly isWhole: boolean
}

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text of a file, after it was parsed: no value can change what is around it. `$${` is a
 * `${` that stays. Keys are as they stand. An empty value is none, as in a shell's `:-`.
 */
export function fill(value: unknown, given: GivenValues): Filled {
  const findings: Finding[] = []
  const variables = new Map<string, SuiteVariable>()
  const places = new Map<string, FilledPlace>()
  const asked = new Set<string>()

  const look = (inner: string, path: Path): string => {
    const say = (message: string) => findings.push({ path, at: 'value', message })
    const split = inner.indexOf(':-')
    const name = split < 0 ? inner : inner.slice(0, split)
    if (!namePattern.test(name)) {
      say(
        `${quote(`\${${inner}}`)} is no variable: a name of letters, digits and \`_\`, and perhaps a default (\`\${NAME:-value}\`); \`$\${\` is a \`\${\` that stays`,
      )
      return ''
    }
    asked.add(name)
    const found = lookUp(name, split < 0 ? undefined : inner.slice(split + 2), given)
    if (found === undefined) {
      say(`\`\${${name}}\` is not set and has no default: ${given.how(name)}, or write \`\${${name}:-value}\``)
      return ''
    }
    const wrong = valueProblem(found.value)
    if (wrong !== undefined) say(`\`\${${name}}\`: ${wrong}`)
    const other = variables.get(name)
    if (other !== undefined && other.value !== found.value)
      say(`\`\${${name}}\` has the default ${quote(found.value)} here and ${quote(other.value)} elsewhere: write one of them`)
    variables.set(name, found)
    return found.value
  }

  const walk = (at: unknown, path: Path): unknown => {
    if (Array.isArray(at)) return at.map((item, n) => walk(item, [...path, n]))
    if (typeof at === 'object' && at !== null)
      return Object.fromEntries(Object.entries(at).map(([key, inner]) => [key, walk(inner, [...path, key])]))
    if (typeof at !== 'string' || !at.includes('${')) return at
    const parts = [...at.matchAll(/\$?\$\{([^}]*)(\}?)/g)]
    const open = parts.find(([whole, , end]) => !whole.startsWith('$$') && end === '')
    if (open !== undefined)
      findings.push({
        path,
        at: 'value',
        message: `${quote(open[0])} has no \`}\`: a variable is \`\${NAME}\`; \`$\${\` is a \`\${\` that stays`,
      })
    const own = parts.filter(([whole]) => !whole.startsWith('$$'))
    if (own.length > 0) places.set(pathText(path), { path, written: at, isWhole: own.length === 1 && own[0]?.[0] === at })
    return at.replace(/\$?\$\{([^}]*)(\}?)/g, (whole, inner: string, end: string) => {
      if (whole.startsWith('$$')) return whole.slice(1)
      return end === '' ? whole : look(inner, path)
    })
  }

  const filled = walk(value, [])
  return { value: filled, variables: [...variables.values()], findings: once(findings), asked, places }
}

function lookUp(name: string, otherwise: string | undefined, { said, env }: GivenValues): SuiteVariable | undefined {
  const asked = Object.hasOwn(said, name) ? said[name] : undefined
  if (asked !== undefined && asked !== '') return { name, value: asked, from: 'said' }
  const found = env[`${variablePrefix}${name}`]
  if (found !== undefined && found !== '') return { name, value: found, from: 'environment' }
  return otherwise === undefined ? undefined : { name, value: otherwise, from: 'default' }
}

function valueProblem(value: string): string | undefined {
  if (value.length > longestValue) return `its value has ${value.length} characters; allowed: at most ${longestValue}`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
  return /[\u0000-\u001f\u007f-\u009f]/.test(value) ? 'its value has control characters' : undefined
}

function once(findings: readonly Finding[]): readonly Finding[] {
  const key = ({ path, message }: Finding) => `${pathText(path)} ${message}`
  return findings.filter((finding, n) => findings.findIndex((other) => key(other) === key(finding)) === n)
}

const numberText = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

/** The value that a text stands for where the schema wants a number or true or false; undefined for other texts. */
function typed(text: unknown, forms: readonly string[]): number | boolean | undefined {
  if (typeof text !== 'string') return undefined
  if (forms.some((form) => form === 'number' || form === 'int') && numberText.test(text)) return Number(text)
  return forms.includes('boolean') && (text === 'true' || text === 'false') ? text === 'true' : undefined
}

/**
 * Texts that are one variable and nothing else, as numbers or booleans where that is what `findingsOf` (the schema) wants there. A kind that
 * is known only then may want more of them, so it is asked again as long as that brings something.
 */
export function withForms({ value, places }: Filled, findingsOf: (value: unknown) => readonly Finding[]) {
  let at = value
  for (;;) {
    const findings = findingsOf(at)
    const changes = findings.flatMap(({ path, forms }) => {
      const place = places.get(pathText(path))
      if (forms === undefined || place?.isWhole !== true) return []
      const found = typed(valueAt(at, path), forms)
      return found === undefined ? [] : [{ path, found }]
    })
    if (changes.length === 0) return { value: at, findings }
    for (const { path, found } of changes) at = replaced(at, path, found)
  }
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => Object(value)[part], root)
}

function replaced(root: unknown, [first, ...rest]: Path, value: unknown): unknown {
  if (first === undefined) return value
  const inner = replaced(Object(root)[first], rest, value)
  return Array.isArray(root) ? root.with(Number(first), inner) : { ...Object(root), [first]: inner }
}

/** The variables behind a problem's place, in words; '' where there are none. */
export function variablesAt({ places, variables }: Filled, path: Path): string {
  const place = places.get(pathText(path))
  if (place === undefined) return ''
  const used = variables.filter(({ name }) => place.written.includes(`\${${name}}`) || place.written.includes(`\${${name}:-`))
  return used.length === 0 ? '' : ` (${used.map((one) => `\`\${${one.name}}\` is ${quote(one.value)}, ${sources[one.from]}`).join('; ')})`
}

const sources: Readonly<Record<SuiteVariable['from'], string>> = {
  said: 'as was said',
  environment: 'from the environment',
  default: 'its default',
}

/** Values are kept with the run and shown in its reports. */
const secretName = /(?:^|_)(?:pass(?:word|wd|phrase)?|secret|token|credentials?|(?:api|private|access)_?key)(?:_|$)/i

/** What is allowed but no good idea. */
export function variableWarnings(variables: readonly SuiteVariable[]): readonly string[] {
  return variables
    .filter(({ name }) => secretName.test(name))
    .map(
      ({ name }) =>
        `\`\${${name}}\`: what a variable stands for is kept with the run and shown in its reports; a secret does not belong there`,
    )
}
