import { distance } from 'fastest-levenshtein'
import { printable } from '../domain/text.ts'

/** A quoted value leaves room for the message in a line of a terminal. */
const longest = 60

/** Quotes a value found in a file for a message: short, and with nothing in it that a terminal would act on. */
export function quote(value: unknown): string {
  const text =
    typeof value === 'string' ? JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"') : (JSON.stringify(value) ?? 'undefined')
  const chars = [...text]
  const short = chars.length > longest ? `${chars.slice(0, longest).join('')}…` : text
  return `\`${printable(short)}\``
}

/** Says what kind of JSON value was found, for messages about a wrong type. */
export function describeFound(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'an object'
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return 'a number beyond all bounds'
  return `the ${typeof value} ${quote(value)}`
}

/** The allowed word that was probably meant: the same but for case, `-`, `_`, blanks and a prefix, or only a letter or two away. */
export function nearest(word: string, allowed: readonly string[]): string | undefined {
  if (word.length > longest) return undefined
  const plain = normalised(word)
  const [best] = allowed.map((candidate) => ({ candidate, away: slips(plain, normalised(candidate)) })).sort((a, b) => a.away - b.away)
  if (best !== undefined && best.away <= Math.max(1, Math.floor(best.candidate.length / 4)) && best.away < plain.length)
    return best.candidate
  return allowed.find((candidate) => candidate.length >= 4 && plain.endsWith(normalised(candidate)))
}

/** Says what a word not among `allowed` was probably meant to be, and lists what is allowed; `what` names it when nothing is near. */
export function notAllowed(word: string, allowed: readonly string[], what = 'is not allowed'): string {
  const meant = nearest(word, allowed)
  return `${quote(word)}${meant === undefined ? ` ${what}.` : `: did you mean \`${meant}\`?`} Allowed: ${[...new Set(allowed)].join(', ')}`
}

/** How many slips of the fingers lie between two words: a letter wrong, missing or too many, and once two neighbours that changed places. */
function slips(word: string, meant: string): number {
  const swapped = [...word.slice(1)].map((letter, i) => word.slice(0, i) + letter + word.charAt(i) + word.slice(i + 2))
  return Math.min(distance(word, meant), ...swapped.map((other) => 1 + distance(other, meant)))
}

function normalised(word: string): string {
  return word.toLowerCase().replace(/[-_\s]/g, '')
}
