import { printable } from '../../domain/text.ts'

/** The `code` of a system or undici error, '' when it has none. By shape: errors of Node's core are not `instanceof` this realm's under Jest. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** The system call that failed, '' when it was none. */
export function syscallOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return syscallOf(error.errors[0])
  return 'syscall' in error ? String(error.syscall) : ''
}

/** What an error says; an AggregateError (one error per address tried) has no words of its own. */
export function wordsOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0) return wordsOf(error.errors[0])
  if ('message' in error && error.message) return String(error.message)
  return codeOf(error) || String(error)
}

/** Foreign text for a message: on one line, its end (where programs say what went wrong), with nothing in it that a terminal would act on. */
export function oneLine(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return printable(line.length > most ? `…${line.slice(-most)}` : line)
}
