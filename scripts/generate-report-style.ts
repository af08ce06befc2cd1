import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const folder = new URL('../lib/report/html/', import.meta.url)
const file = fileURLToPath(new URL('style.ts', folder))

/** The generated module: the style sheet as one constant, indents and line ends left out. */
export async function generateReportStyle(): Promise<string> {
  const css = await readFile(new URL('style.css', folder), 'utf8')
  if (/['\\`]|<\//.test(css))
    throw new Error('style.css: quotes are double ones, and no backslash, backtick or closing tag may stand in it')
  const short = css.replace(/\n\s*/g, ' ').trim()
  return `// Generated from style.css: node scripts/generate-report-style.ts

/** The style sheet of the HTML report. */
export const reportStyle =
  '${short}'
`
}

if (import.meta.main) {
  const fresh = await generateReportStyle()
  if (!process.argv.includes('--check')) await writeFile(file, fresh)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
    console.error('lib/report/html/style.ts is stale: run `node scripts/generate-report-style.ts`')
    process.exitCode = 1
  }
}
