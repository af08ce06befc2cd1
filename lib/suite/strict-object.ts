import * as z from 'zod'
import { notAllowed, quote } from './did-you-mean.ts'
import { ourKeyFor } from './foreign-words.ts'

/** Keys that mean something elsewhere in the file, and where: better than "unknown" for an author who mixes two kinds up. */
export type Elsewhere = Readonly<Record<string, string>>

/**
 * An object without any other keys. Its message for unknown keys has one line for each of them, in the issue's order, so that every key
 * can be shown at its own place.
 */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape, elsewhere: Elsewhere = {}) {
  const allowed = Object.keys(shape)
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => unknownKey(key, allowed, elsewhere)).join('\n') : undefined,
  })
}

function unknownKey(key: string, allowed: readonly string[], elsewhere: Elsewhere): string {
  const home = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined
  if (home !== undefined) return `${quote(key)} belongs to ${home}, not here. Allowed: ${allowed.join(', ')}`
  const here = ourKeyFor(key, allowed, elsewhere)
  if (here !== undefined) return `unknown key ${quote(key)}: ${here}. Allowed: ${allowed.join(', ')}`
  if (key.includes('${')) return `${quote(key)}: variables stand in values, not in keys. Allowed: ${allowed.join(', ')}`
  return `unknown key ${notAllowed(key, allowed, 'means nothing here')}`
}

/** A text of a given form; `form` completes "… is not". The pattern reaches the JSON Schema too. */
export function textOf(pattern: RegExp, form: string) {
  return z.string().regex(pattern, { error: (issue) => `${quote(issue.input)} is not ${form}` })
}
