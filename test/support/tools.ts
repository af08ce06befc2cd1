import { execFile, spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { describe, it } from '@jest/globals'
import { onPath } from '../../sandbox/programs.ts'

const debian = (name: string) => `apt-get install ${name}`

/** What tests may need of the machine beside Node and npm, and how it comes there. */
const installs = {
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
  curl: debian('curl'),
  bash: debian('bash'),
  zsh: debian('zsh'),
  fish: debian('fish'),
  prometheus: debian('prometheus'),
  promtool: debian('prometheus'),
  amtool: debian('prometheus-alertmanager'),
  'prometheus-pushgateway': debian('prometheus-pushgateway'),
  xmllint: debian('libxml2-utils'),
  chromium: debian('chromium'),
  moto_server: "pip install 'moto[server]'",
  linux: 'a machine with Linux',
  'open checkout': 'a checkout in a folder that all users may enter',
  netem: 'a kernel with sch_netem, which npm run test:vm brings',
} as const

export type Tool = keyof typeof installs

const hasNetem = () => spawnSync('unshare', ['--net', 'tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'netem', 'delay', '1ms']).status === 0

/** Root becomes a user of no rights where a test needs one; that one has to reach this Node and the command. */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const isOpen = () => spawnSync(process.execPath, ['--version'], unprivileged).status === 0

function isThere(tool: Tool): boolean {
  if (tool === 'linux') return process.platform === 'linux'
  if (tool === 'netem') return hasNetem()
  if (tool === 'open checkout') return isOpen()
  return onPath(tool) !== undefined
}

/** What `.ci/run` says it could not install; unset (on any other machine) everything may be missing. */
function mayLack(tool: Tool): boolean {
  const allowed = process.env.FAULTLINE_TESTS_MAY_LACK
  return allowed === undefined || allowed.split(',').includes(tool)
}

/** Tells the reporter, which names every missing tool once when all tests are over. */
function noteMissing(tool: Tool, title: string): void {
  const file = process.env.FAULTLINE_MISSING_TOOLS_FILE
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ tool, install: installs[tool], title })}\n`)
}

/** Tools of these that are not there and need not be. @throws Error for one that must be there, so that its test file fails */
function missingOf(tools: readonly Tool[], title: string): readonly Tool[] {
  const missing = tools.filter((tool) => !isThere(tool))
  const [wanted] = missing.filter((tool) => !mayLack(tool))
  if (wanted !== undefined) throw new Error(`${title} needs ${wanted}, which must not be missing here: ${installs[wanted]}`)
  for (const tool of missing) noteMissing(tool, title)
  return missing
}

/** Tests that need tools of the machine: skipped aloud where one is missing. */
export function describeWith(tools: readonly Tool[], title: string, body: () => void): void {
  const missing = missingOf(tools, title)
  if (missing.length === 0) describe(title, body)
  else describe.skip(`${title} (without ${missing.join(', ')})`, body)
}

/** `it` for a test that needs tools of the machine, `it.skip` where one is missing. */
export function itWith(tools: readonly Tool[], title: string): typeof it | typeof it.skip {
  return missingOf(tools, title).length === 0 ? it : it.skip
}

export interface Ended {
  readonly code: number
  readonly out: string
}

/** Runs a program to its end; what it printed on stdout and stderr is one text. */
export function runTool(name: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(name, args, { cwd: options.cwd, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out: `${stdout}${stderr}` })
      else reject(error)
    })
  })
}
