/**
 * The text's first characters, and well-formed: half a surrogate pair (a character that was cut in two, or an answer's own nonsense) cannot
 * be stored or sent as UTF-8, so `\uFFFD` stands for it.
 */
export function cutTo(text: string, length: number): string {
  return text.slice(0, length).toWellFormed()
}

/** A value of parsed JSON or YAML for a message; `String` throws where an object's own `toString` is no function. */
export function asText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? '(a list)' : '(an object)'
}

/**
 * What a terminal, a log or a mail client acts on or does not show: C0 and C1 controls (ESC begins a sequence, and so does U+009B alone),
 * invisible characters, and the marks, embeddings, overrides and isolates that turn the direction of writing (Unicode annex 9).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it finds
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** One line of text from outside, fit to be shown: what would act on a terminal stands there as `\u001b`; in JSON it still means the same. */
export function printable(text: string): string {
  return text.replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** As `printable`, for text of many lines: line breaks and tabs stay. */
export function printableText(text: string): string {
  const wellFormed = text.toWellFormed().replace(/[\ufffe\uffff]/g, '\ufffd')
  // A report of thousands of targets is not taken apart into its lines for nothing.
  return actsInText.test(wellFormed) ? wellFormed.replace(/[^\n\t]+/g, printable) : wellFormed
}

/** Of what `printable` replaces, all but line breaks and tabs. */
const actsInText = new RegExp(`(?![\\n\\t])${unprintable.source}`)

/** `1 orphan`, `2 orphans`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** How many names a sentence takes; the ledger has them all. */
const mostNamed = 10

/** `a, b and 3 more`: the first few of many names. */
export function firstNames(names: readonly string[]): string {
  const more = names.length - mostNamed
  return more > 0 ? `${names.slice(0, mostNamed).join(', ')} and ${more} more` : names.join(', ')
}
