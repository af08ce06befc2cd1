import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { licencesOf } from './licences.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What Content-Security-Policy allows by its hash: the text as it stands in the page, no other. */
const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`

interface Part {
  readonly from: string
  readonly to: string
  readonly name: string
  readonly says: string
  read(file: string): Promise<string>
}

/** Modules that hold what a page bears inside of itself, each with its hash. */
export const pageParts = [
  {
    from: 'lib/report/html/style.css',
    to: 'lib/report/html/style.ts',
    name: 'reportStyle',
    says: 'The style sheet of every page.',
    read: shortStyle,
  },
  {
    from: 'browser/report.ts',
    to: 'lib/report/html/script.ts',
    name: 'reportScript',
    says: 'The script of the HTML report: its charts, and uPlot, which draws them.',
    read: bundled,
  },
  {
    from: 'cli/board/board.css',
    to: 'cli/board/style.ts',
    name: 'boardStyle',
    says: 'What the board has beside the style of every page.',
    read: shortStyle,
  },
  {
    from: 'browser/board.ts',
    to: 'cli/board/script.ts',
    name: 'boardScript',
    says: 'The script of the board: what is live, the charts, and uPlot, which draws them.',
    read: bundled,
  },
] as const satisfies readonly Part[]

/** The generated module: the part and its hash as constants. */
export async function generatePart({ from, name, says, read }: Part): Promise<string> {
  const text = await read(join(root, from))
  if (/<\/(?:script|style)/i.test(text)) throw new Error(`${from}: a closing tag in it would end its element`)
  return `// Generated from ${from}: node scripts/generate-page-parts.ts

/** ${says} */
export const ${name} = ${JSON.stringify(text)}

/** Its hash for Content-Security-Policy. */
export const ${name}Hash = '${hashOf(text)}'
`
}

/** Indents and line ends left out. */
async function shortStyle(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).replace(/\n\s*/g, ' ').trim()
}

/** One script without imports, with the licences of the packages in it. */
async function bundled(file: string): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [file],
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    metafile: true,
  })
  const licences = await licencesOf(Object.keys(metafile.inputs))
  return `/*\n${licences.trim()}\n*/\n${outputFiles[0]?.text.trim() ?? ''}`
}

if (import.meta.main) {
  for (const part of pageParts) {
    const file = join(root, part.to)
    const fresh = await generatePart(part)
    if (!process.argv.includes('--check')) await writeFile(file, fresh)
    else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
      console.error(`${part.to} is stale: run \`node scripts/generate-page-parts.ts\``)
      process.exitCode = 1
    }
  }
}
