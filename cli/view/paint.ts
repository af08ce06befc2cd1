import { createColors } from 'picocolors'
import { printable } from '../../lib/suite/did-you-mean.ts'

/** What a piece of a line means; how that looks is the painter's matter. */
export type Tone = 'plain' | 'strong' | 'faint' | 'good' | 'bad' | 'warn' | 'busy'

/** Text with its meaning; a bare string is plain. */
export type Span = string | readonly [Tone, string]

export type Paint = (tone: Tone, text: string) => string

/** Leaves text as it is: for pipes and tests. */
export const noPaint: Paint = (_, text) => text

/** Colours for a terminal, none where they are not wanted. */
export function painter(hasColour: boolean): Paint {
  if (!hasColour) return noPaint
  const { bold, dim, green, red, yellow, cyan } = createColors(true)
  const looks = { plain: (text: string) => text, strong: bold, faint: dim, good: green, bad: red, warn: yellow, busy: cyan } as const
  return (tone, text) => looks[tone](text)
}

/** Joins spans to one line that fits into `width`; what does not is cut off with `…`. Control characters from outside are made harmless. */
export function line(paint: Paint, width: number, ...spans: readonly Span[]): string {
  let room = width
  let text = ''
  const pieces = spans.map((span) => (typeof span === 'string' ? (['plain', span] as const) : span))
  const total = pieces.reduce((sum, [, piece]) => sum + lengthOf(printable(piece)), 0)
  for (const [tone, piece] of pieces) {
    const chars = [...printable(piece)]
    const last = total > width && chars.length >= room
    const shown = last ? `${chars.slice(0, Math.max(0, room - 1)).join('')}…` : chars.join('')
    if (room > 0 && shown !== '') text += paint(tone, shown)
    room -= chars.length
    if (last) break
  }
  return text
}

/** Breaks text at blanks into lines of at most `width`, each with the given indent; a longer word stays whole. */
export function wrapped(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of printable(text).split(' ')) {
    if (current !== '' && indent.length + lengthOf(current) + 1 + lengthOf(word) > width) {
      lines.push(indent + current)
      current = word
    } else {
      current = current === '' ? word : `${current} ${word}`
    }
  }
  return [...lines, indent + current]
}

/** How many columns a text takes, wide characters not considered. */
function lengthOf(text: string): number {
  return [...text].length
}
