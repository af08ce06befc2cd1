import { parseSuite } from '../../lib/suite/parse.ts'

/** A suite file that has to be valid. */
export function suiteOf(text: string) {
  const parsed = parseSuite(text, 'suite.json')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems, null, 1))
  return parsed
}

/** The only step of a suite, which has to be valid; 10 s unless it says otherwise. */
export function stepOf(step: object, top: object = {}) {
  const [first] = suiteOf(textOf(step, top)).suite.steps
  if (first === undefined) throw new Error('no step')
  return first
}

/** What is wrong with the only step of a suite: paths below the step, and messages. */
export function problemsOf(step: object): readonly (readonly [path: string, message: string])[] {
  const parsed = parseSuite(textOf(step, {}), 'suite.json')
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => [path.replace('experiments[0].', ''), message])
}

function textOf(step: object, top: object): string {
  return JSON.stringify({ name: 'S', ...top, experiments: [{ name: 'A', duration: 10, ...step }] })
}
