import { spawn } from 'node:child_process'
import { FaultlineError } from '../../domain/errors.ts'

/** As much of a program's output as is read of a container's log. */
const mostBytes = 1024 * 1024

/** A program and its environment; no shell reads them. */
export interface Program {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * Runs a program on this machine to its end, with its own variables beside those of this process. One that is not through by its timeout, or
 * when the signal fires, is killed with all that it started.
 * @throws FaultlineError `unavailable` where it was not through, `bad_input` where it cannot be started
 */
export function runCommand(
  { command: [file = '', ...args], env }: Program,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'], detached: true })
    let output = ''
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
    }
    // Its group, so that what a script started goes, too.
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
    const timer = setTimeout(kill, timeoutMs)
    signal.addEventListener('abort', kill)
    if (signal.aborted) kill()
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-mostBytes)
    })
    child.on('error', (error) => {
      end()
      reject(new FaultlineError('bad_input', `${file} cannot be started: ${error.message}`, { cause: error }))
    })
    child.on('close', (code, by) => {
      end()
      if (code !== null) resolve({ exitCode: code, output })
      else reject(new FaultlineError('unavailable', `${file} was ended by ${by}: it was not through within ${timeoutMs / 1000} s`))
    })
  })
}
