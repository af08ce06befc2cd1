import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const here = import.meta.dirname
const root = dirname(dirname(here))
const node = join(root, 'node_modules/.bin/node')
const jest = [
  '--experimental-vm-modules',
  'node_modules/jest/bin/jest.js',
  '-w',
  '1',
  '--config',
  'test/jest.config.js',
  '--selectProjects',
  'unit',
]
/** Far longer than the longest of the named tests takes on a busy machine; a sabotage may make one hang. */
const mostMs = 300_000

interface Mutation {
  readonly name: string
  readonly what: string
  /** A test file, or `simulate` with its options. */
  readonly foundBy: string
}

function read(file: string): Mutation {
  const text = readFileSync(join(here, file), 'utf8')
  const field = (name: string) => new RegExp(`^${name}: (.+)$`, 'm').exec(text)?.[1]
  const [what, foundBy] = [field('What'), field('Found by')]
  if (what === undefined || foundBy === undefined) throw new Error(`${file} does not say what it breaks, or what finds it`)
  return { name: file.replace(/\.patch$/, ''), what, foundBy }
}

/** What git knows of this checkout, as it is now, in a directory of its own. */
function scratchCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'faultline-mutations-'))
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  for (const file of files.split('\0'))
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** The name of the test that failed, or what was violated; null: all is said to be well. */
function complaint(copy: string, { foundBy }: Mutation): string | null {
  const [first = '', ...options] = foundBy.split(' ')
  const program =
    first === 'simulate'
      ? ['test/simulation/main.ts', ...(options.includes('--crash-points') ? [] : ['--first']), ...options]
      : [...jest, '--testPathPatterns', first]
  const { status, stdout, stderr } = spawnSync(node, ['--disable-warning=ExperimentalWarning', ...program], {
    cwd: copy,
    encoding: 'utf8',
    timeout: mostMs,
    env: { ...process.env, CI: 'true' },
  })
  if (status === 0) return null
  const lines = `${stdout}\n${stderr}`.split('\n')
  const told = lines.find((line) => /^seed \d+: |(dead|asleep) /.test(line)) ?? lines.find((line) => line.includes('●'))
  return told?.trim() ?? (status === null ? 'it hangs' : `exit code ${status}: ${lines.findLast((line) => line.trim() !== '')}`)
}

const wanted = process.argv.slice(2)
const mutations = readdirSync(here)
  .filter((file) => file.endsWith('.patch'))
  .map(read)
  .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
const copy = scratchCopy()
const escaped: string[] = []
try {
  for (const mutation of mutations) {
    const patch = join(here, `${mutation.name}.patch`)
    execFileSync('git', ['apply', patch], { cwd: copy })
    const told = complaint(copy, mutation)
    execFileSync('git', ['apply', '--reverse', patch], { cwd: copy })
    if (told === null) escaped.push(mutation.name)
    console.log(
      `${told === null ? 'ESCAPED' : 'found'}  ${mutation.name} (${mutation.what})\n  ${mutation.foundBy}: ${told ?? 'sees nothing'}`,
    )
  }
} finally {
  rmSync(copy, { recursive: true })
}
console.log(`${mutations.length} sabotages, ${escaped.length} escaped${escaped.length === 0 ? '' : `: ${escaped.join(', ')}`}`)
process.exitCode = escaped.length === 0 ? 0 : 1
