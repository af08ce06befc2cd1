import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { suiteJsonSchema } from '../lib/suite/json-schema.ts'

const file = fileURLToPath(new URL('../experiments/schema.json', import.meta.url))
const fresh = `${JSON.stringify(suiteJsonSchema(), null, 2)}\n`

if (process.argv.includes('--check')) {
  const stored = await readFile(file, 'utf8').catch(() => '')
  if (stored !== fresh) {
    console.error('experiments/schema.json is stale: run `node scripts/generate-schema.ts`')
    process.exitCode = 1
  }
} else {
  await writeFile(file, fresh)
}
