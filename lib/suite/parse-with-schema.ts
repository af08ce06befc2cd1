import type * as z from 'zod'
import { FaultlineError } from '../domain/errors.ts'
import { quote } from './did-you-mean.ts'

/**
 * The value as the schema gives it; `what` names it in the error.
 * @throws FaultlineError `bad_input` with every problem: its path, and what is allowed there
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.')
    return issue.message.split('\n').map((message) => `${path === '' ? '' : `${path}: `}${message}${found(issue, value)}`)
  })
  throw new FaultlineError('bad_input', `${what}: ${problems.join('; ')}`)
}

/** What stands where something else was expected; our own messages say so themselves. */
function found(issue: z.core.$ZodIssue, root: unknown): string {
  if (
    issue.message.includes('`') ||
    !['invalid_type', 'invalid_value', 'invalid_union', 'too_small', 'too_big', 'invalid_format'].includes(issue.code)
  )
    return ''
  const value = issue.path.reduce<unknown>((at, part) => Object(at)[part], root)
  return value === undefined ? ' (it is missing)' : ` (found ${quote(value)})`
}
