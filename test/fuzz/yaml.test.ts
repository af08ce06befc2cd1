// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of suites are written so
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { stringify } from 'yaml'
import { seededRandom } from '../../lib/domain/random.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { noValues } from '../../lib/suite/variables.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'
import { damagedTexts } from './damage.ts'

const experiments = join(import.meta.dirname, '../../experiments')
const suites = readdirSync(experiments)
  .filter((file) => file.endsWith('-suite.json'))
  .map((file) => readFileSync(join(experiments, file), 'utf8'))
const count = 500

/** What means something in YAML or to a variable, and stands where it should not. */
const wounds = [
  '&a ',
  '*a',
  '<<: ',
  '!!str ',
  '---\n',
  '...\n',
  '%TAG\n',
  '\t',
  ': ',
  '- ',
  '? ',
  '|\n',
  '> ',
  '#',
  '[',
  '{',
  '"',
  "'",
  '${',
  '}',
  '$${',
  '${A:-',
  '\0',
]

function* damagedYaml(): Generator<string> {
  const random = seededRandom(count)
  for (let i = 0; i < count; i++) {
    let text = stringify(JSON.parse(suites[i % suites.length] ?? ''))
    for (let n = 1 + Math.floor(random() * 3); n > 0; n--) {
      const at = Math.floor(random() * text.length)
      const wound = wounds[Math.floor(random() * wounds.length)] ?? ''
      text = text.slice(0, at) + wound + text.slice(random() < 0.5 ? at : at + 3)
    }
    yield text
  }
}

/** Each is a suite, or has problems that lie in its text. */
function judge(texts: Iterable<string>): { taken: number; refused: number } {
  const judged = { taken: 0, refused: 0 }
  for (const text of texts) {
    const parsed = parseSuite(text, 'suite.yaml', { read: readYaml, given: { ...noValues, said: { A: '1' }, mayBeUnused: true } })
    judged[parsed.ok ? 'taken' : 'refused'] += 1
    if (parsed.ok) continue
    expect(parsed.problems.length).toBeGreaterThan(0)
    const lines = text.split(/\r\n|\n|\r/).length
    for (const { line, column, message } of parsed.problems) {
      expect(line).toBeGreaterThan(0)
      expect(line).toBeLessThanOrEqual(lines)
      expect(column).toBeGreaterThan(0)
      expect(message).not.toBe('')
    }
  }
  return judged
}

it('YAML that was damaged is a suite, or is refused in its lines, and never thrown at', () => {
  const judged = judge(damagedYaml())
  expect(Math.min(judged.taken, judged.refused)).toBeGreaterThan(20)
})

it('JSON that was damaged is, read as YAML, a suite or refused as well', () => {
  const judged = judge(damagedTexts(suites, count))
  expect(judged.refused).toBeGreaterThan(20)
})
