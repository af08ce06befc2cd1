import type { Progress } from '../../lib/doctor/examine.ts'
import { type Finding, healthOf } from '../../lib/domain/finding.ts'
import { filledTo } from '../../lib/report/columns.ts'
import { emptyLine, line, noPaint, type Paint, type Painted, type Tone, wholeLine, wrapped } from './paint.ts'

const signs = { ok: ['good', '✓'], warning: ['warn', '!'], failed: ['bad', '✗'], unknown: ['warn', '?'], off: ['faint', '–'] } as const

/** Longer lines of prose are hard to read, however wide the terminal. */
const widestText = 120

/** The table of checks: a sign, the name, what was found, and below it what to do. */
export function doctorLines(
  { of, findings }: { readonly of: string; readonly findings: readonly Finding[] },
  columns: number,
  paint: Paint,
): readonly Painted[] {
  const width = Math.min(widestText, columns)
  const nameWidth = Math.max(0, ...findings.map(({ check }) => check.length))
  const rows = findings.flatMap((finding, i) =>
    rowsOf(finding, { width, nameWidth, isFirst: findings[i - 1]?.check !== finding.check, paint }),
  )
  return [wholeLine(paint, ['strong', `doctor: ${of}`]), emptyLine, ...rows, emptyLine, summary(findings, paint)]
}

function rowsOf(
  { check, state, on, found, fix }: Finding,
  {
    width,
    nameWidth,
    isFirst,
    paint,
  }: { readonly width: number; readonly nameWidth: number; readonly isFirst: boolean; readonly paint: Paint },
): readonly Painted[] {
  const [tone, sign] = signs[state]
  const indent = ' '.repeat(nameWidth + 4)
  const tell = (text: string, shade: Tone) =>
    wrapped(text, width, indent).map((part, i) => ({ part: part.slice(indent.length), isHead: i === 0, shade }))
  const [head, ...more] = tell(on === null ? found : `${on}: ${found}`, 'plain')
  const first = line(paint, Number.POSITIVE_INFINITY, [tone, sign], ` ${filledTo(isFirst ? check : '', nameWidth)}  `, head?.part ?? '')
  const rest = more.map(({ part, shade }) => wholeLine(paint, indent, [shade, part]))
  // A command is pasted: it is not broken into lines.
  return [first, ...rest, ...(fix === null ? [] : [wholeLine(paint, indent, ['faint', 'fix: '], fix)])]
}

function summary(findings: readonly Finding[], paint: Paint): Painted {
  const count = (...states: readonly Finding['state'][]) => findings.filter(({ state }) => states.includes(state)).length
  const counts = [
    `${count('ok')} well`,
    `${count('warning')} warnings`,
    `${count('unknown')} not known`,
    `${count('failed')} failed`,
    `${count('off')} not set up`,
  ].filter((text) => !text.startsWith('0 '))
  const tone = ({ ok: 'good', warnings: 'warn', failed: 'bad' } as const)[healthOf(findings)]
  return wholeLine(paint, [tone, counts.join(', ')])
}

/** How far it is, in one line. */
export function progressLine({ done, waiting }: Parameters<Progress>[0], columns: number): string {
  return line(noPaint, columns, `${done} checks done, looking at ${waiting.join(', ')}`)
}
