import { runCli } from '../../cli/program.ts'
import type { Terminal } from '../../cli/terminal.ts'

/** What a command line answered. */
export interface Answer {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process, without colours and, unless asked, without a person who looks on. */
export async function faultline(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  stdin = '',
  isLive = false,
): Promise<Answer> {
  const texts = { out: '', err: '' }
  const output = (name: 'out' | 'err') => ({
    columns: 100,
    rows: 24,
    hasUnicode: true,
    write: (text: string) => {
      texts[name] += text
    },
  })
  const terminal: Terminal = {
    out: output('out'),
    err: output('err'),
    env: { HOME: '/nonexistent', ...env },
    stdin: async function* () {
      yield Buffer.from(stdin)
    },
    isLive,
    hasColour: false,
    onInterrupt: () => () => undefined,
  }
  const code = await runCli(args, terminal)
  return { code, ...texts }
}
