import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { advanceType } from '../lib/adapters/eventbridge/advance.ts'
import { advanceDetail, auditDetail, noticeDetail } from '../lib/adapters/eventbridge/event-schema.ts'
import { auditType } from '../lib/adapters/eventbridge/notifier.ts'
import { noticeKinds } from '../lib/domain/notice.ts'

const folder = fileURLToPath(new URL('../docs/event-schemas/', import.meta.url))

/** JSON Schema of each detail type's detail, by file name. */
function eventSchemas(): ReadonlyMap<string, string> {
  const schemas = noticeKinds.map((kind) => [kind, noticeDetail.extend({ kind: z.literal(kind) }).meta({ title: kind })] as const)
  const all = [
    ...schemas,
    [auditType, auditDetail.meta({ title: auditType })] as const,
    [advanceType, advanceDetail.meta({ title: advanceType })] as const,
  ]
  return new Map(all.map(([name, schema]) => [`${name}.json`, `${JSON.stringify(z.toJSONSchema(schema, { io: 'input' }), null, 2)}\n`]))
}

await mkdir(folder, { recursive: true })
for (const [name, fresh] of eventSchemas()) {
  const file = `${folder}${name}`
  if (!process.argv.includes('--check')) await writeFile(file, fresh)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
    console.error(`docs/event-schemas/${name} is stale: run \`node scripts/generate-event-schemas.ts\``)
    process.exitCode = 1
  }
}
