import { printable, printableText } from '../lib/domain/text.ts'
import type { Painted } from './view/paint.ts'

/** What a command may use of the process it runs in; tests pass their own. */
export interface Terminal {
  readonly out: Output
  readonly err: Output
  /** What is piped in; read only where `-` stands for a file. */
  stdin(): AsyncIterable<Buffer>
  readonly env: Readonly<Record<string, string | undefined>>
  /** True when the picture may be redrawn: a person looks at it. */
  readonly isLive: boolean
  readonly hasColour: boolean
  /** Calls back at each SIGINT, SIGTERM or SIGHUP until the returned function is called; without a listener they end the process. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void
}

/** Signals that end a command, and a run with its faults undone. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

export interface Output {
  write(text: string): void
  readonly columns: number
  readonly rows: number
  /** False where the locale has no more than ASCII. */
  readonly hasUnicode: boolean
}

/** Prints one line; what it holds from outside cannot act on the terminal. */
export function print(output: Output, line = ''): void {
  output.write(`${inLocale(output, printable(line))}\n`)
}

/** Prints a line that a painter made, colours included. */
export function printPainted(output: Output, line: Painted): void {
  output.write(`${inLocale(output, line)}\n`)
}

/** Prints text of many lines as `print` does one. */
export function printText(output: Output, text: string): void {
  output.write(`${inLocale(output, printableText(text)).replace(/\n$/, '')}\n`)
}

/** Our own signs in the letters of the locale, each as wide as before; names from outside stay as they are. */
export function inLocale({ hasUnicode }: Pick<Output, 'hasUnicode'>, text: string): string {
  return hasUnicode ? text : text.replace(signs, (sign) => inAscii[sign] ?? sign)
}

const inAscii: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '○': 'o',
  '●': '*',
  '■': '!',
  '█': '#',
  '░': '.',
  '…': '~',
  '–': '-',
  '⠋': '|',
  '⠙': '/',
  '⠹': '-',
  '⠸': '\\',
  '⠼': '|',
  '⠴': '/',
  '⠦': '-',
  '⠧': '\\',
  '⠇': '|',
  '⠏': '/',
}
const signs = new RegExp(`[${Object.keys(inAscii).join('')}]`, 'g')
