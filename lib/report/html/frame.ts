import { type Content, type Markup, markup, trusted } from '../markup.ts'
import { reportScript, reportScriptHash } from './script.ts'
import { reportStyle, reportStyleHash } from './style.ts'

export interface Frame {
  readonly title: string
  readonly body: Content
  /** JSON that the script reads, as `jsonForPage` makes it; null: the page has nothing that moves. */
  readonly data: string | null
}

/**
 * A page in one file that asks for nothing: style and script stand in it and are allowed by their hashes, everything else is forbidden.
 * What is in the page by another's hand (a suite's name, an answer) cannot run, be it escaped or not.
 */
export function pageFrame({ title, body, data }: Frame): string {
  const script: Markup | null =
    data === null
      ? null
      : markup`<script type="application/json" id="chart-data">${trusted(data)}</script>
<script>${trusted(reportScript)}</script>`
  const scriptRule = data === null ? '' : ` script-src '${reportScriptHash}';`
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(`default-src 'none'; style-src '${reportStyleHash}';${scriptRule} base-uri 'none'; form-action 'none'`)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${trusted(reportStyle)}</style>
</head>
<body>
${body}
${script}
</body>
</html>
`.text
}
