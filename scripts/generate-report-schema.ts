import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** Published schemas of JSON reports, by the type that makes each. */
const reports = {
  run: { file: 'docs/report.schema.json', path: 'lib/report/document.ts', type: 'ReportDocument', title: 'Faultline report' },
  tests: {
    file: 'docs/tests-report.schema.json',
    path: 'lib/report/tests/document.ts',
    type: 'TestsReport',
    title: 'Faultline report of tests',
  },
} as const

type Schema = { [key: string]: unknown }

/**
 * The JSON Schema of a JSON report, from the types that make it. `strict` refuses fields that it does not know; the published one
 * allows them, because a report only ever grows within one `schemaVersion`.
 */
export function reportJsonSchema({ of, strict }: { readonly of: keyof typeof reports; readonly strict: boolean }): Schema {
  const { path, type, title } = reports[of]
  const generator = createGenerator({
    path: at(path),
    tsconfig: at('tsconfig.json'),
    type,
    expose: 'none',
    skipTypeCheck: true,
    additionalProperties: !strict,
  })
  const schema = generator.createSchema(type) as Schema
  return { $schema: schema.$schema, title, ...(withTimes(schema) as Schema) }
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
  for (const kind of ['run', 'tests'] as const) {
    const { file } = reports[kind]
    const fresh = `${JSON.stringify(reportJsonSchema({ of: kind, strict: false }), null, 2)}\n`
    if (!process.argv.includes('--check')) await writeFile(at(file), fresh)
    else if ((await readFile(at(file), 'utf8').catch(() => '')) !== fresh) {
      console.error(`${file} is stale: run \`node scripts/generate-report-schema.ts\``)
      process.exitCode = 1
    }
  }
}
