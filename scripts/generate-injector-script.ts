import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** The pieces of the injector's script in the order in which they are read; the last one starts it. */
const pieces = [
  'lib',
  'params',
  'find',
  'state',
  'kill',
  'stress',
  'cpu',
  'disk',
  'freeze',
  'netfilter',
  'probe',
  'network',
  'degrade',
  'redirect',
  'dns',
  'http',
  'load',
  'clean',
  'loop',
  'watch',
  'main',
] as const

const folder = new URL('../lib/faults/injector/script/', import.meta.url)
const file = fileURLToPath(new URL('injector-script.ts', folder))

/** Whole lines of comment, blank lines and indentation stay behind: the text travels in every Job, as one word of a command. */
function withoutComments(text: string): string {
  return text
    .split('\n')
    .map((line) => line.replace(/^\s+/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
}

/** The generated module: the script as one constant. */
export async function generateInjectorScript(): Promise<string> {
  const texts = await Promise.all(pieces.map((piece) => readFile(new URL(`${piece}.sh`, folder), 'utf8')))
  const script = `${texts.map(withoutComments).join('\n')}\n`
  const literal = script.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')
  return `// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own
// Generated from the .sh files beside it: node scripts/generate-injector-script.ts

/** The injector's whole script, as \`sh -c\` takes it; POSIX sh with \`local\`. */
export const injectorScript =
  '${literal}'
`
}

if (import.meta.main) {
  const fresh = await generateInjectorScript()
  if (!process.argv.includes('--check')) await writeFile(file, fresh)
  else if ((await readFile(file, 'utf8').catch(() => '')) !== fresh) {
    console.error('injector-script.ts is stale: run `node scripts/generate-injector-script.ts`')
    process.exitCode = 1
  }
}
