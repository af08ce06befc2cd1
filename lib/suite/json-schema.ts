import * as z from 'zod'
import { suiteSchema } from './schema.ts'

/** The schema as editors read it (draft 2020-12), for `experiments/schema.json`; what stands between fields only `validate` can check. */
export function suiteJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(suiteSchema, { io: 'input', target: 'draft-2020-12' })
}
