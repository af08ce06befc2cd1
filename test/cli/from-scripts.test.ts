import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'

/** Commands in tables and examples of a text. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/`npx faultline ([^`]+)`|^ {2}\$ faultline (.+)$/gm)].map(([, inTable, example]) => inTable ?? example ?? '')
}

const documented = commandsIn(readFileSync('docs/from-scripts.md', 'utf8'))

describe('the calls of the shell scripts', () => {
  it('are all there: three partitions, four node failures, four exhaustions, three suites, five tests, metrics, cleaning', () => {
    const of = (begin: string) => documented.filter((command) => command.startsWith(begin)).length
    expect(
      ['inject network-partition', 'inject node-failure', 'inject resource-exhaustion', 'run', 'test', 'metrics', 'reap'].map(of),
    ).toEqual([3, 4, 4, 3, 5, 1, 1])
  })

  it.each(documented)('%s is what the command line takes', async (command) => {
    // It goes as far as to open the state directory: all it says was understood.
    const words = command.replace('my-experiment.json', 'experiments/quick-test-suite.json').replace('NS', 'shop').split(/\s+/)
    const { err } = await faultline([...words, '--state', 'package.json/state'])
    expect(err).toMatch(/^error: --state package.json\/state cannot be used as a directory/)
  })
})
