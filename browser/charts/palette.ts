const names = [
  'ink',
  'faint',
  'line',
  'paper',
  'answer',
  'answer-back',
  'out',
  'tolerance',
  'tolerance-back',
  'limit',
  'fault',
  'fault-ink',
  'heal',
  'prepare',
  'plan',
] as const

/** Colours as the style sheet has them now: light, dark or print. */
export type Palette = Readonly<Record<(typeof names)[number], string>>

/** Read anew whenever the scheme changes; canvases know nothing of style sheets. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()])) as Palette
}

/** The page's own typeface at the size of a note. */
export const font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif'
