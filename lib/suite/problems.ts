import { counted, printable } from '../domain/text.ts'

/** One thing wrong with a suite file: where, what was found, what is allowed and what was probably meant. */
export interface Problem {
  readonly file: string
  /** From 1; 0 when the file could not be read. */
  readonly line: number
  /** From 1, in UTF-16 code units as editors count them; 0 when the file could not be read. */
  readonly column: number
  /** As in JavaScript, e.g. `experiments[1].params.failure_type`; '' is the whole file. */
  readonly path: string
  readonly message: string
}

/** Keys and indexes from the root of the file to a value. */
export type Path = readonly (string | number)[]

/** A problem before its place in the text is looked up; `at` tells whether the key or its value is shown. */
export interface Finding {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly message: string
  /** Where a value is of the wrong form: those that are allowed, as the schema names them (`number`, `boolean`, …). */
  readonly forms?: readonly string[]
}

/** A file with more is none that a person wrote; the rest is counted. */
const mostShown = 100

/** Writes a path as people do; keys that are no identifiers go in brackets. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    if (!/^[A-Za-z_$][\w$]*$/.test(part)) return `${text}[${printable(JSON.stringify(part.length > 60 ? `${part.slice(0, 60)}…` : part))}]`
    return text === '' ? part : `${text}.${part}`
  }, '')
}

/** What the command line prints to stderr for a file it cannot take: one line for each problem, which editors and terminals can follow. */
export function formatProblems(problems: readonly Problem[]): string {
  const lines = problems.slice(0, mostShown).map(({ file, line, column, path, message }) => {
    const place = line === 0 ? file : `${file}:${line}:${column}`
    return `${printable(place)}: ${path === '' ? '' : `${path}: `}${message}`
  })
  const more = problems.length > mostShown ? [`… and ${problems.length - mostShown} more`] : []
  return [...lines, ...more, `${counted(problems.length, 'problem')}; nothing was touched.`].join('\n')
}
