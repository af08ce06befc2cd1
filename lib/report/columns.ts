import stringWidth from 'string-width'

/** How many columns of a terminal a text takes: a letter of Chinese, Japanese or Korean and an emoji take two, a combining accent none. */
export const columnsOf: (text: string) => number = stringWidth

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The beginning of a text that fits into so many columns; a letter with its accents stays whole. */
export function startWithin(text: string, columns: number): string {
  let start = ''
  let room = columns
  for (const { segment } of graphemes.segment(text)) {
    room -= columnsOf(segment)
    if (room < 0) break
    start += segment
  }
  return start
}

/** Text for a column of a table: cut with `…` where it is too long, filled up with blanks where it is short. */
export function inColumn(text: string, columns: number): string {
  return filledTo(columnsOf(text) > columns ? `${startWithin(text, columns - 1)}…` : text, columns)
}

/** Text with blanks after it up to so many columns. */
export function filledTo(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}
