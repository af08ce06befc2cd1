import { type Content, type Markup, markup } from '../markup.ts'

/**
 * A table that never scrolls sideways: on a narrow screen each row is a block below its head, and each cell bears the title of its column.
 * The first cell of a row is its head (`<th scope="row">`).
 */
export function stackTable(label: string, head: readonly string[], rows: readonly (readonly Content[])[]): Markup {
  const cell = (content: Content, i: number) => (i === 0 ? content : markup`<td data-label="${head[i] ?? ''}">${content}</td>`)
  return markup`<table class="stack" aria-label="${label}"><thead><tr>${head.map((title) => markup`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map(cell)}</tr>`)}</tbody></table>`
}

/** The head of a row, with what tells it apart in small. */
export function rowHead(text: string, small = ''): Markup {
  return markup`<th scope="row">${text}${small === '' ? null : markup`<small>${small}</small>`}</th>`
}
