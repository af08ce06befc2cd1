import { runCli } from './program.ts'
import type { InterruptSignal, Output, Terminal } from './terminal.ts'

const interruptSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function output(stream: NodeJS.WriteStream): Output {
  // A reader that went away (EPIPE) must not take the undo with it.
  stream.on('error', () => undefined)
  return {
    write: (text) => void stream.write(text),
    get columns() {
      return stream.columns ?? 100
    },
    get rows() {
      return stream.rows ?? 24
    },
    hasUnicode: hasUnicode(process.env),
  }
}

function terminal(): Terminal {
  const { stdout, stderr, env } = process
  const isLive = stdout.isTTY === true && env.TERM !== 'dumb' && (env.CI ?? '') === ''
  const asked = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0'
  const hasColour = (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb' && (asked || stdout.isTTY === true)
  return { out: output(stdout), err: output(stderr), env, isLive, hasColour, onInterrupt, stdin: () => process.stdin }
}

/** By the first variable that says anything of it, in the order of setlocale(3). One that says nothing is most likely a container whose log is UTF-8. */
function hasUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '')
  return locale === undefined || /utf-?8/i.test(locale)
}

function onInterrupt(listener: (signal: InterruptSignal) => void): () => void {
  for (const signal of interruptSignals) process.on(signal, listener)
  return () => {
    for (const signal of interruptSignals) process.off(signal, listener)
  }
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve()
    stream.write('', () => resolve())
  })
}

const code = await runCli(process.argv.slice(2), terminal())
await Promise.all([flushed(process.stdout), flushed(process.stderr)])
process.exit(code)
