import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const file = at('docs/report.schema.json')

type Schema = { [key: string]: unknown }

/**
 * The JSON Schema of the JSON report, from the types that make it. `strict` refuses fields that it does not know; the published one
 * allows them, because a report only ever grows within one `schemaVersion`.
 */
export function reportJsonSchema({ strict }: { readonly strict: boolean }): Schema {
  const generator = createGenerator({
    path: at('lib/report/document.ts'),
    tsconfig: at('tsconfig.json'),
    type: 'ReportDocument',
    expose: 'none',
    skipTypeCheck: true,
    additionalProperties: !strict,
  })
  const schema = generator.createSchema('ReportDocument') as Schema
  return { $schema: schema.$schema, title: 'Faultline report', ...(withTimes(schema) as Schema) }
}

/** Marks what is a time: the types only know that it is a string. */
function withTimes(node: unknown, name = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => withTimes(item))
  if (typeof node !== 'object' || node === null) return node
  const schema = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, key === 'properties' ? properties(value as Schema) : withTimes(value, key)]),
  )
  const isTime = /^(?:at|since|plannedEnd|\w+At)$/.test(name) && [schema.type].flat().includes('string')
  return isTime ? { ...schema, format: 'date-time' } : schema
}

function properties(fields: Schema): Schema {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, withTimes(schema, name)]))
}

if (import.meta.main) {
  const fresh = `${JSON.stringify(reportJsonSchema({ strict: false }), null, 2)}\n`
  if (!process.argv.includes('--check')) await writeFile(file, fresh)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
    console.error('docs/report.schema.json is stale: run `node scripts/generate-report-schema.ts`')
    process.exitCode = 1
  }
}
