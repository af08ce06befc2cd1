import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { until } from './place.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'faultline.js')

/** The command's output, and ways to end it. */
export interface Running {
  readonly output: () => string
  readonly done: Promise<number | null>
  readonly isOver: () => boolean
  /** SIGKILL unless another is named. */
  readonly kill: (signal?: NodeJS.Signals) => void
}

/** Runs the command as a person would, from this checkout, who says yes to what takes approval in the namespace that is meant. */
export function faultline(args: readonly string[], cwd: string): Running {
  const named = args.findIndex((arg) => arg === '--namespace' || arg === '-n')
  const env = named < 0 ? process.env : { ...process.env, FAULTLINE_CONFIRM: args[named + 1] }
  return running(process.execPath, [bin, ...args], { cwd, env })
}

/** Runs a line of a shell, such as the one that reboots a node. */
export function shell(line: string, cwd: string): Running {
  return running('sh', ['-c', line], { cwd, env: process.env })
}

function running(
  program: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Running {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let isOver = false
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk)
    })
  const done = new Promise<number | null>((resolve) =>
    child.on('close', (code) => {
      isOver = true
      resolve(code)
    }),
  )
  return { output: () => output, done, isOver: () => isOver, kill: (signal = 'SIGKILL') => void child.kill(signal) }
}

/** Of a scenario that went wrong: as much of the end of what its run printed. */
export const outputTail = 2000

/** Until the run says of all its overlapping faults that they bite, or how it came to none. */
export async function bites(run: Running, all = 1): Promise<void> {
  const bitten = () => new Set(Array.from(run.output().matchAll(/\[(\d+)\/\d+ [^\]]*\] it bites/g), ([, step]) => step)).size
  await until('the fault bites', async () => run.isOver() || bitten() >= all || /NO EFFECT|REFUSED|FAILED/.test(run.output()), 50)
}
