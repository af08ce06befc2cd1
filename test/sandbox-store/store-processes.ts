import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** What a store process says. */
export interface Line {
  readonly open?: boolean
  readonly serving: boolean
  readonly acknowledged?: number
}

export interface StoreProcess {
  readonly lines: readonly Line[]
  readonly stderr: () => string
  send(command: string): void
  /** The first line from now on for which it holds; rejects when the process ends before. */
  until(holds: (line: Line) => boolean): Promise<Line>
  signal(name: NodeJS.Signals): void
  /** Exit code and signal once it is over. */
  ended(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('./store-process.ts', import.meta.url))

/** Starts a process that opens the local store in the directory. */
export function startStoreProcess(directory: string): StoreProcess {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, directory], { stdio: ['pipe', 'pipe', 'pipe'] })
  const lines: Line[] = []
  const waiting = new Set<(line: Line) => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    lines.push(line)
    for (const tell of waiting) tell(line)
  })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdin.on('error', () => {})
  const ended = endOf(child)
  return {
    lines,
    stderr: () => stderr,
    send: (command) => child.stdin.write(`${command}\n`),
    until: (holds) =>
      new Promise((resolve, reject) => {
        waiting.add((line) => holds(line) && resolve(line))
        void ended.then(({ code, signal }) => reject(new Error(`store process ended (${code ?? signal}): ${stderr}`)))
      }),
    signal: (name) => child.kill(name),
    ended: () => ended,
  }
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const [code, signal] = await once(child, 'close')
  return { code, signal }
}
