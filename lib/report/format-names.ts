interface Format {
  /** What a file of this format ends in. */
  readonly extension: string
  readonly contentType: string
}

/** Every format a report can have, by the name that `--format` takes; how it is made is in `formats.ts`. */
export const formats = {
  text: { extension: '.txt', contentType: 'text/plain; charset=utf-8' },
  json: { extension: '.json', contentType: 'application/json' },
  html: { extension: '.html', contentType: 'text/html; charset=utf-8' },
  junit: { extension: '.xml', contentType: 'application/xml' },
  markdown: { extension: '.md', contentType: 'text/markdown; charset=utf-8' },
  journal: { extension: '.journal.json', contentType: 'application/json' },
} as const satisfies Record<string, Format>

export type FormatName = keyof typeof formats

export const formatNames = Object.keys(formats) as FormatName[]

/** The format that a file's name asks for by its end; undefined when it asks for none. */
export function formatOfFile(name: string): FormatName | undefined {
  const fitting = formatNames.filter((format) => name.endsWith(formats[format].extension))
  return fitting.sort((a, b) => formats[b].extension.length - formats[a].extension.length)[0]
}
