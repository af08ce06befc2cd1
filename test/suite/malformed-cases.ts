import { expect, test } from '@jest/globals'
import { parseSuite } from '../../lib/suite/parse.ts'

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
  })
}
