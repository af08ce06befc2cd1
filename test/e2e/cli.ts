import { type ChildProcess, spawn } from 'node:child_process'
import { faultlineBin } from '../support/command.ts'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The real command, as a user's shell would start it, without the user's own settings. */
export function startCli(args: readonly string[], cwd: string, more: Readonly<Record<string, string>> = {}): ChildProcess {
  const { KUBECONFIG: _, ...env } = process.env
  return spawn(process.execPath, [faultlineBin, ...args], {
    cwd,
    env: { ...env, HOME: cwd, NO_COLOR: '1', ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Runs the command to its end. */
export function cli(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const child = startCli(args, cwd, env)
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    stderr += String(chunk)
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

/** Starts the command and kills it with SIGKILL as soon as it prints the text; true when it did. */
export function killAt(args: readonly string[], text: string, cwd: string): Promise<boolean> {
  const child = startCli(args, cwd)
  let output = ''
  let killed = false
  child.stdout?.on('data', (chunk) => {
    output += String(chunk)
    if (killed || !output.includes(text)) return
    killed = true
    child.kill('SIGKILL')
  })
  return new Promise((resolve) => child.on('close', () => resolve(killed)))
}
