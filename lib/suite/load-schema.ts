import * as z from 'zod'
import type { LoadSpec } from '../domain/load-spec.ts'
import { readComparison } from './probes-schema.ts'
import { strict, textOf } from './strict-object.ts'
import { normaliseWork, workDefaults, workKeys } from './work-schema.ts'

const expected = z.union([
  z.number(),
  z.string().refine((text) => readComparison(text) !== undefined, 'expected a number, or a comparison such as "< 5"'),
])

/** One entry of `load`. */
export const loadEntry = strict({
  name: textOf(/^[A-Za-z0-9](?:[-A-Za-z0-9_. ]{0,61}[A-Za-z0-9])?$/, 'a name for this (1 to 63 letters, digits, "-", "_", "." and blanks)'),
  ...workKeys,
  mayEnd: z.boolean().default(false).describe('It may end by itself, with exit code 0, before the run does; else that fails the run.'),
  grace: z.int().min(0).max(300).default(workDefaults.grace).describe('Seconds to write its figures once it is told to stop (SIGTERM).'),
  expect: z
    .record(z.string().min(1).max(100), expected)
    .optional()
    .describe('What its figures must be in the end: a number or a comparison each. One that is not, or was not said, fails the run.'),
})

/** An entry of `load` as the engine runs it. */
export function normaliseLoad(file: z.output<typeof loadEntry>): LoadSpec {
  const { name, mayEnd, grace, expect } = file
  const asked = Object.entries(expect ?? {}).map(([figure, wanted]) => {
    const { op, value } = typeof wanted === 'number' ? ({ op: '==', value: wanted } as const) : (readComparison(wanted) ?? unread(wanted))
    return { figure, op, value }
  })
  return { ...normaliseWork(file), name, mayEnd, graceSeconds: grace, ...(asked.length === 0 ? {} : { expect: asked }) }
}

function unread(text: string): never {
  throw new TypeError(`${text} is no comparison`)
}
