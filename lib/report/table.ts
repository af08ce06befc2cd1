import { columnsOf, filledTo } from './columns.ts'

/** Left-aligned columns, two blanks apart, for plain text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, column) => Math.max(columnsOf(title), ...rows.map((row) => columnsOf(row[column] ?? ''))))
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => filledTo(cell, widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
