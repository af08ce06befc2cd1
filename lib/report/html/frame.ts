import { type Content, markup, trusted } from '../markup.ts'
import { reportStyle, reportStyleHash } from './style.ts'

/** Text that stands in a page, and its hash for Content-Security-Policy. */
export interface Inlined {
  readonly text: string
  readonly hash: string
}

export interface Frame {
  readonly title: string
  readonly body: Content
  /** Beside the style of every page. */
  readonly style?: Inlined
  readonly script: Inlined | null
  /** JSON that the script reads, as `jsonForPage` makes it. */
  readonly data: string | null
  /** What else a page may do. @default nothing */
  readonly rules?: string
}

/**
 * A page in one file: style and script stand in it and are allowed by their hashes, everything else is forbidden. What is in the page by
 * another's hand (a suite's name, an answer) cannot run, be it escaped or not.
 */
export function pageFrame({ title, body, style, script, data, rules = "base-uri 'none'; form-action 'none'" }: Frame): string {
  const styles = [{ text: reportStyle, hash: reportStyleHash }, ...(style === undefined ? [] : [style])]
  const policy = [
    "default-src 'none'",
    `style-src ${styles.map(({ hash }) => `'${hash}'`).join(' ')}`,
    ...(script === null ? [] : [`script-src '${script.hash}'`]),
    rules,
  ].join('; ')
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${styles.map(({ text }) => markup`<style>${trusted(text)}</style>`)}
</head>
<body>
${body}
${data === null ? null : markup`<script type="application/json" id="chart-data">${trusted(data)}</script>`}
${script === null ? null : markup`<script>${trusted(script.text)}</script>`}
</body>
</html>
`.text
}
