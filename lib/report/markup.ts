import { printableText } from '../domain/text.ts'

/** HTML or XML that needs no escaping any more; made by `markup` only, so that nothing from outside gets in unescaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = Markup | string | number | null | readonly Content[]

/** Tag for HTML and XML: values are escaped unless they are markup themselves; lists are joined, null is nothing. */
export function markup(parts: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(parts.map((part, i) => part + (i < values.length ? escaped(values[i] ?? null) : '')).join(''))
}

/** Text that was checked where it was made: a style sheet of ours. */
export function trusted(text: string): Markup {
  return new Markup(text)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(value: Content): string {
  if (value === null) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return printableText(value).replace(/[&<>"']/g, (char) => entities[char] ?? char)
  return value.map(escaped).join('')
}
