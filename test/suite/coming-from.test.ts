import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { faultName } from '../../lib/domain/suite.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { readYaml } from '../../lib/suite/yaml-text.ts'

const document = readFileSync('docs/coming-from.md', 'utf8')
const sections = document
  .split(/^## /m)
  .slice(1)
  .map((text) => [text.split(':')[0] ?? '', text] as const)

describe('the suites of docs/coming-from.md', () => {
  test('are one for each of five tools', () => {
    expect(sections.map(([tool]) => tool)).toEqual(['Chaos Toolkit', 'Chaos Mesh', 'Litmus', 'AWS FIS', 'krkn'])
  })

  test.each(sections)('of %s is accepted without a warning, and says what cannot be said', (tool, text) => {
    const [yaml, ...more] = Array.from(text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm), ([, inner = '']) => inner)
    expect(more).toEqual([])
    const parsed = parseSuite(yaml ?? '', `${tool}.yaml`, { read: readYaml })
    expect(parsed.ok ? parsed.warnings : parsed.problems).toEqual([])
    expect(text).toMatch(/cannot be\s+said/)
  })

  test('have the faults that their tools are asked for', () => {
    const faults = sections.map(([tool, text]) => {
      const parsed = parseSuite(/```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '', tool, { read: readYaml })
      return parsed.ok ? parsed.suite.steps.map(({ fault }) => faultName(fault)) : []
    })
    expect(faults).toEqual([
      ['pod-delete', 'network-degradation'],
      ['memory-exhaustion', 'network-partition', 'pod-kill'],
      ['cpu-exhaustion', 'network-degradation'],
      ['network-degradation', 'cpu-exhaustion', 'memory-exhaustion'],
      ['pod-delete', 'cpu-exhaustion', 'network-degradation'],
    ])
  })
})
