import { expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { parseSuite } from '../../lib/suite/parse.ts'
import type { Problem } from '../../lib/suite/problems.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'

export const memory = { name: 'A', type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 10 }
export const failure = (params: object, rest: object = {}) => ({ name: 'A', type: 'node_failure', params, duration: 10, ...rest })
export const partition = (params: object, rest: object = {}) => ({ name: 'A', type: 'network_partition', params, duration: 10, ...rest })
export const suite = (top: object) => JSON.stringify({ name: 'S', experiments: [memory], ...top })
export const steps = (...experiments: unknown[]) => suite({ experiments })
export const targets = (value: unknown) => steps({ ...memory, targets: value })

export function problemsOf(text: string) {
  const parsed = parseSuite(text, 'suite.json')
  return parsed.ok ? [] : parsed.problems
}

export type Case = readonly [what: string, text: string, path: string, message: string]

/** Each text has a problem at its path and with that message, and (but for slips of syntax, which bring others) no second one. */
export function toldPrecisely(cases: readonly Case[], isSyntax = false): void {
  test.each(cases)('with %s is one problem, told precisely', (_what, text, path, message) => {
    const found = problemsOf(text)
    expect(found).toContainEqual(expect.objectContaining({ file: 'suite.json', path, message: expect.stringContaining(message) }))
    if (path !== '' && !isSyntax) expect(found.map((problem) => problem.path)).toEqual([path])
    // YAML has a word for infinity, and a problem of its own for it.
    if (!isSyntax && !/\de\d{3}/.test(text)) expect(whatAndWhere(inYaml(text))).toEqual(whatAndWhere(found))
  })
}

/** What is wrong with the same suite once it is written as YAML. */
function inYaml(text: string) {
  const parsed = parseSuite(stringify(JSON.parse(text), { version: '1.2' }), 'suite.yaml', { read: readYaml })
  return parsed.ok ? [] : parsed.problems
}

/** Lines are different in the two forms, and with them the order. */
function whatAndWhere(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ path, message }) => `${path}: ${message}`).sort()
}
