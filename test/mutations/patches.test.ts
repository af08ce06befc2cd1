import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from '@jest/globals'

const here = import.meta.dirname
const patches = readdirSync(here).filter((file) => file.endsWith('.patch'))

/** The lines that each hunk of a patch expects to find, with the file in which it does. */
function expectedBy(patch: string): readonly { readonly file: string; readonly lines: string }[] {
  const hunks: { file: string; lines: string[] }[] = []
  let file = ''
  for (const line of readFileSync(`${here}/${patch}`, 'utf8').split('\n')) {
    if (line.startsWith('--- a/')) file = line.slice('--- a/'.length)
    else if (line.startsWith('@@ ')) hunks.push({ file, lines: [] })
    else if (/^[ -]/.test(line) && !line.startsWith('---')) hunks.at(-1)?.lines.push(line.slice(1))
  }
  return hunks.map((hunk) => ({ file: hunk.file, lines: hunk.lines.join('\n') }))
}

it.each(patches)('a sabotage breaks what is there today: %s', (patch) => {
  const hunks = expectedBy(patch)
  expect(hunks.length).toBeGreaterThan(0)
  for (const { file, lines } of hunks) expect(readFileSync(`${here}/../../${file}`, 'utf8')).toContain(lines)
})
