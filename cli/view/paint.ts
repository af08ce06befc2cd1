import { createColors } from 'picocolors'
import wrapAnsi from 'wrap-ansi'
import { printable } from '../../lib/domain/text.ts'
import { columnsOf, startWithin } from '../../lib/report/columns.ts'

/** What a piece of a line means; how that looks is the painter's matter. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'warn' | 'busy'

/** Text with its meaning; a bare string is plain. */
export type Span = string | readonly [Tone, string]

declare const painted: unique symbol

/** A line for a terminal. A painter alone makes it, so what came from outside was made harmless, and what acts on the terminal is ours. */
export type Painted = string & { readonly [painted]: true }

export type Paint = (tone: Tone, text: string) => Painted

/** A line with nothing on it. */
export const emptyLine = '' as Painted

/** No colours: for pipes and tests. */
export const noPaint: Paint = (_, text) => printable(text) as Painted

/** Colours for a terminal, none where they are not wanted. */
export function painter(hasColour: boolean): Paint {
  if (!hasColour) return noPaint
  const { bold, dim, green, red, yellow, cyan } = createColors(true)
  const looks = { plain: (text: string) => text, strong: bold, faint: dim, good: green, bad: red, warn: yellow, busy: cyan } as const
  return (tone, text) => looks[tone](printable(text)) as Painted
}

/** Joins spans to one line that fits into `width` columns; what does not is cut off with `…`. */
export function line(paint: Paint, width: number, ...spans: readonly Span[]): Painted {
  const pieces = spans.map((span): readonly [Tone, string] =>
    typeof span === 'string' ? ['plain', printable(span)] : [span[0], printable(span[1])],
  )
  if (pieces.reduce((sum, [, piece]) => sum + columnsOf(piece), 0) <= width) return joined(paint, pieces)
  const shown: (readonly [Tone, string])[] = []
  let room = width - 1
  for (const [tone, piece] of pieces) {
    const start = startWithin(piece, room)
    if (start !== piece) return joined(paint, [...shown, [tone, `${start}…`]])
    shown.push([tone, piece])
    room -= columnsOf(piece)
  }
  return joined(paint, shown)
}

/** As `line`, for what must be read whole: it may be wider than the terminal, which then breaks it. */
export function wholeLine(paint: Paint, ...spans: readonly Span[]): Painted {
  return line(paint, Number.POSITIVE_INFINITY, ...spans)
}

function joined(paint: Paint, pieces: readonly (readonly [Tone, string])[]): Painted {
  const shown = pieces.filter(([, piece]) => piece !== '').map(([tone, piece]) => paint(tone, piece))
  return shown.join('') as Painted
}

/** Breaks text at blanks into lines of at most `width` columns, each with the given indent; a longer word stays whole. */
export function wrapped(text: string, width: number, indent: string): readonly string[] {
  const room = Math.max(1, width - columnsOf(indent))
  return wrapAnsi(printable(text), room)
    .split('\n')
    .map((part) => indent + part)
}

/** A command for a shell, broken at blanks so that no terminal cuts it: a line that goes on ends with `\`, so it can be copied as it is. */
export function commandLines(command: string, width: number, indent: string): readonly string[] {
  const parts = wrapped(command, width - ' \\'.length, indent)
  return columnsOf(indent + command) <= width ? [indent + command] : parts.map((part, i) => (i < parts.length - 1 ? `${part} \\` : part))
}
